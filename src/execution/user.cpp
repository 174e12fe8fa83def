#include "src/execution/user.h"

namespace terrace {
namespace {

class Superuser final : public User {
 public:
  Superuser() : User("(superuser)") { unrestricted_ = open_ = true; }

  Denial admit(const Session& /*session*/, const CommandEntry& /*command*/,
               std::span<const std::string_view> /*arguments*/, Place /*place*/) const override {
    return Denial::kNone;
  }
  bool may_run(const CommandEntry& /*command*/, std::span<const std::string_view> /*arguments*/) const override {
    return true;
  }
  std::string error_text(Denial /*denial*/, const CommandEntry& /*command*/) const override { return {}; }
  bool may_read_all_keys(const CommandEntry& /*command*/,
                         std::span<const std::string_view> /*arguments*/) const override {
    return true;
  }
  bool may_use_channel(std::string_view /*channel*/, ChannelName /*kind*/) const override { return true; }
};

}  // namespace

const std::shared_ptr<const User>& User::superuser() {
  static const std::shared_ptr<const User> user = std::make_shared<Superuser>();
  return user;
}

}  // namespace terrace
