// The options and patterns of SORT.
#include "src/commands/hash/hash_access.h"
#include "src/commands/key/sort.h"
#include "src/commands/shared/argument.h"
#include "src/execution/command.h"
#include "src/types/string/string.h"

namespace terrace::commands {

// As in Redis, the '*' is searched up to the first NUL, and the text behind the NUL belongs to the pattern.
SortPattern::SortPattern(std::string_view text) {
  const std::string_view searched = until_nul(text);
  is_element_ = searched == "#";
  const std::size_t star = searched.find('*');
  names_keys_ = !is_element_ && star != std::string_view::npos;
  if (!names_keys_) return;
  prefix_ = text.substr(0, star);
  postfix_ = text.substr(star + 1);
  const std::size_t arrow = searched.find("->", star + 1);
  if (arrow == std::string_view::npos || arrow + 2 == searched.size()) return;
  postfix_ = text.substr(star + 1, arrow - star - 1);
  field_ = text.substr(arrow + 2);
}

std::string SortPattern::key_for(std::string_view element) const {
  std::string key;
  key.reserve(prefix_.size() + element.size() + postfix_.size());
  ((key += prefix_) += element) += postfix_;
  return key;
}

std::optional<std::string> SortPattern::value_for(Context& context, const std::string& element) const {
  if (is_element_) return element;
  if (!names_keys_) return std::nullopt;
  const std::string key = key_for(element);
  const storage::Record* record = context.read(key);
  if (record == nullptr) return std::nullopt;
  if (field_.empty()) {
    if (record->type() != storage::ValueType::kString) return std::nullopt;
    return std::string(types::StringText(*record).view());
  }
  if (record->type() != storage::ValueType::kHash) return std::nullopt;
  // The stored elements must be the same when the log is replayed.
  if ((context.command.flags & kWrite) && record->expires().parts) {
    record = context.remove_expired_fields(context.write(key), {&field_, 1});
    if (record == nullptr) return std::nullopt;
  }
  const auto value = hash_view(context, *record).find(field_);
  if (!value) return std::nullopt;
  return std::string(value->view());
}

namespace {

// BY and GET look at keys that nobody has named. False: the error is replied.
bool may_read_all_keys(Context& context, std::string_view option) {
  if (context.session.user->may_read_all_keys(context.entry(), context.arguments)) return true;
  const std::string name = is_option(option, "BY") ? "BY" : "GET";
  context.reply.error("ERR " + name + " option of SORT denied due to insufficient ACL permissions.");
  return false;
}

// Reads one option at `index`. Returns the number of its arguments, 0 if the error is replied.
std::size_t read_option(Context& context, std::size_t index, bool may_store, SortOptions& options) {
  const std::string_view word = context.argument(index);
  const std::size_t left = context.arguments.size() - index - 1;
  if (is_option(word, "ASC")) {
    options.descending = false;
    return 1;
  }
  if (is_option(word, "DESC")) {
    options.descending = true;
    return 1;
  }
  if (is_option(word, "ALPHA")) {
    options.by_text = true;
    return 1;
  }
  if (is_option(word, "LIMIT") && left >= 2) {
    const auto offset = integer_argument(context, index + 1);
    if (!offset) return 0;
    const auto count = integer_argument(context, index + 2);
    if (!count) return 0;
    options.offset = *offset;
    options.count = *count;
    return 3;
  }
  if (is_option(word, "STORE") && may_store && left >= 1) {
    options.stores = true;
    options.target = context.argument(index + 1);
    return 2;
  }
  if (is_option(word, "BY") && left >= 1) {
    const SortPattern pattern(context.argument(index + 1));
    // As in Redis, a later BY does not turn sorting on again.
    if (!pattern.names_keys()) options.sorted = false;
    if (pattern.names_keys() && !may_read_all_keys(context, word)) return 0;
    options.weight = pattern;
    return 2;
  }
  if (is_option(word, "GET") && left >= 1) {
    if (!may_read_all_keys(context, word)) return 0;
    options.shown.emplace_back(context.argument(index + 1));
    return 2;
  }
  context.reply.syntax_error();
  return 0;
}

}  // namespace

std::optional<SortOptions> sort_options(Context& context, bool may_store) {
  SortOptions options;
  for (std::size_t i = 2; i < context.arguments.size();) {
    const std::size_t taken = read_option(context, i, may_store, options);
    if (taken == 0) return std::nullopt;
    i += taken;
  }
  return options;
}

std::size_t sort_target(std::span<const std::string_view> arguments) {
  std::size_t found = 0;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    if (is_option(arguments[i], "LIMIT")) {
      i += 2;
    } else if (is_option(arguments[i], "GET") || is_option(arguments[i], "BY")) {
      i += 1;
    } else if (is_option(arguments[i], "STORE") && i + 1 < arguments.size()) {
      found = i + 1;
    }
  }
  return found;
}

}  // namespace terrace::commands
