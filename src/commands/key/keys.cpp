// KEYS: all names that match a pattern.
#include <string>
#include <string_view>
#include <vector>

#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/scan.h"
#include "src/execution/keyspace_iterator.h"

namespace terrace::commands {
namespace {

// Many names in one string: a keyspace has too many keys for a string each.
class NameList {
 public:
  void add(std::string_view name) {
    text_ += name;
    ends_.push_back(text_.size());
  }
  void reply(Reply& reply) const {
    reply.array(ends_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      reply.bulk(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

}  // namespace

io::Task<void> keys(Context& context) {
  ScanFilter filter;
  filter.set_pattern(context.argument(1));
  NameList names;
  KeyspaceIterator all(context, context.database_number());
  const bool complete = co_await all.visit_names([&](const storage::Record& record) {
    if (filter.passes_name(record.key()) && !record.expired(context.now_ms)) names.add(record.key());
  });
  if (complete) names.reply(context.reply);
}

}  // namespace terrace::commands
