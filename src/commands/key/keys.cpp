// KEYS: all names that match a pattern. It may take long, so it walks in slices, holds no more records than one slice
// needs, and lets the server go on in between.
#include <vector>

#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/scan.h"

namespace terrace::commands {
namespace {

using storage::FetchedRecords;
using storage::Location;
using storage::Record;

// A slice is about this many keys, and not too many empty chains: well below a millisecond of work.
constexpr std::size_t kKeysPerSlice = 512;
constexpr unsigned kChainsPerSlice = 1024;

// Names one behind the other: a keyspace has too many of them for a string each.
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

struct KeysWalk {
  std::uint64_t cursor = 0;  // all chains before it are done
  NameList names = {};
  FetchedRecords heads = {};  // of the slice
  std::vector<Location> missing = {};
  // of the slice
  std::size_t keys = 0;
  unsigned chains = 0;
};

// Takes the names of complete chains up to the slice's end, or to the first chain that lacks records. Of those behind
// it only asks what they lack as well, so that it is fetched at once.
void walk_chains(Context& context, const ScanFilter& filter, KeysWalk& walk) {
  const auto visit = [&](const Record& record) {
    ++walk.keys;
    if (filter.passes(record) && !is_expired(context, record)) walk.names.add(record.key());
  };
  std::size_t keys_ahead = 0;
  unsigned chains_ahead = 0;
  const auto pass_over = [&](const Record&) { ++keys_ahead; };
  std::uint64_t cursor = walk.cursor;
  do {
    const bool behind = !walk.missing.empty();
    const bool complete = behind ? visit_chain(context.database(), cursor, walk.heads, walk.missing, pass_over)
                                 : visit_chain(context.database(), cursor, walk.heads, walk.missing, visit);
    if (complete && !behind) {
      ++walk.chains;
      walk.cursor = cursor;
    } else {
      ++chains_ahead;
    }
  } while (cursor != 0 && walk.keys + keys_ahead + walk.missing.size() < kKeysPerSlice &&
           walk.chains + chains_ahead < kChainsPerSlice);
}

// One slice, with as many rounds of fetching as it takes. False: the error is replied.
io::Task<bool> walk_slice(Context& context, const ScanFilter& filter, KeysWalk& walk) {
  walk.keys = 0;
  walk.chains = 0;
  while (true) {
    walk.missing.clear();
    walk_chains(context, filter, walk);
    if (walk.missing.empty()) break;
    const Result<void> fetched = co_await context.engine().fetch_heads(walk.missing, walk.heads);
    if (!fetched.ok()) {
      context.reply.error("IOERR " + fetched.error().message);
      co_return false;
    }
  }
  walk.heads.clear();
  co_return true;
}

}  // namespace

io::Task<void> keys(Context& context) {
  const ScanFilter filter{.pattern = context.argument(1), .type_name = {}};
  KeysWalk walk;
  while (true) {
    const bool complete = co_await walk_slice(context, filter, walk);
    if (!complete) co_return;
    if (walk.cursor == 0) break;
    co_await context.clock().yield();
  }
  walk.names.reply(context.reply);
}

}  // namespace terrace::commands
