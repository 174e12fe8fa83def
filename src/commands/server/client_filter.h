// ClientFilter: which connections CLIENT LIST and CLIENT KILL are for: conditions that all must hold, as Redis 7.4 and
// Valkey 9 have them.
// Ownership: value; borrows the arguments. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "src/execution/context.h"

namespace terrace {

class ClientFilter {
 public:
  // `skip_me`: where SKIPME is not given. `bad_id`: the error for an ID that is no number, or is below `lowest_id`.
  ClientFilter(bool skip_me, std::int64_t lowest_id, std::string_view bad_id)
      : skip_me_(skip_me), lowest_id_(lowest_id), bad_id_(bad_id) {}

  // Reads the arguments from `begin` on. False: the error is replied.
  bool parse(Context& context, std::size_t begin);
  bool matches(const Session& session, const Session& me, std::int64_t now_ms) const;

 private:
  using Condition = std::function<bool(const Session& session, std::int64_t now_ms)>;

  bool parse_ids(Context& context, std::size_t& index, bool negated);
  bool parse_seconds(Context& context, std::string_view value, std::string_view name, std::int64_t& seconds) const;
  std::optional<Condition> condition_of(Context& context, std::string_view option, std::string_view value) const;
  void add(Condition condition, bool negated);

  bool skip_me_;
  std::int64_t lowest_id_;
  std::string_view bad_id_;
  std::vector<Condition> conditions_;
};

}  // namespace terrace
