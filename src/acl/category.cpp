#include "src/acl/category.h"

#include <algorithm>

#include "src/text/ignoring_case.h"

namespace terrace::acl {
namespace {

bool is_read(const Command& row) {
  return (row.flags & kReadonly) && !(row.categories & kCategoryScripting);
}
bool is_write(const Command& row) {
  return row.flags & kWrite;
}
bool is_pubsub(const Command& row) {
  return row.flags & kPubsub;
}
bool is_admin(const Command& row) {
  return (row.flags & kAdmin) || (row.categories & kCategoryAdmin);
}
bool is_fast(const Command& row) {
  return row.flags & kFast;
}
bool is_slow(const Command& row) {
  return !is_fast(row);
}
bool is_blocking(const Command& row) {
  return row.flags & kBlocking;
}
bool is_dangerous(const Command& row) {
  return (row.flags & kAdmin) || (row.categories & kCategoryDangerous);
}

template <AclCategory category>
bool names(const Command& row) {
  return row.categories & category;
}

struct Category {
  std::string_view name;
  bool (*has)(const Command& row);
};

constexpr Category kCategories[] = {
    {"keyspace", names<kCategoryKeyspace>},
    {"read", is_read},
    {"write", is_write},
    {"set", names<kCategorySet>},
    {"sortedset", names<kCategorySortedSet>},
    {"list", names<kCategoryList>},
    {"hash", names<kCategoryHash>},
    {"string", names<kCategoryString>},
    {"bitmap", names<kCategoryBitmap>},
    {"hyperloglog", names<kCategoryHyperLogLog>},
    {"geo", names<kCategoryGeo>},
    {"stream", names<kCategoryStream>},
    {"pubsub", is_pubsub},
    {"admin", is_admin},
    {"fast", is_fast},
    {"slow", is_slow},
    {"blocking", is_blocking},
    {"dangerous", is_dangerous},
    {"connection", names<kCategoryConnection>},
    {"transaction", names<kCategoryTransaction>},
    {"scripting", names<kCategoryScripting>},
};

const Category* find(std::string_view name) {
  const auto found = std::ranges::find_if(
      kCategories, [name](const Category& category) { return equals_ignoring_case(category.name, name); });
  return found == std::end(kCategories) ? nullptr : found;
}

}  // namespace

std::span<const std::string_view> category_names() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> list;
    for (const Category& category : kCategories) list.push_back(category.name);
    return list;
  }();
  return all;
}

bool is_category(std::string_view name) {
  return find(name) != nullptr;
}

std::vector<std::string_view> categories_of(const Command& row) {
  std::vector<std::string_view> list;
  for (const Category& category : kCategories) {
    if (category.has(row)) list.push_back(category.name);
  }
  return list;
}

bool in_category(const Command& row, std::string_view name) {
  const Category* const category = find(name);
  return category != nullptr && category->has(row);
}

}  // namespace terrace::acl
