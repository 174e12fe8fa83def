// DEBUG OBJECT and DEBUG LISTPACK: how a value is kept.
#include <charconv>
#include <string>

#include "src/commands/families.h"
#include "src/commands/server/debug_handlers.h"
#include "src/config/settings.h"
#include "src/runtime/logger.h"
#include "src/types/encoding/listpack.h"
#include "src/types/encoding/value.h"
#include "src/types/list/list.h"
#include "storage/record/image.h"

namespace terrace::commands {
namespace {

// What Redis tells of a quicklist.
std::string list_figures(const storage::Record& record, std::int64_t max_listpack_size) {
  const types::ListView list(record);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < list.node_count(); ++i) bytes += list.node(i).bytes().size();
  char average[32];
  const double mean = static_cast<double>(list.size()) / static_cast<double>(list.node_count());
  auto end = std::to_chars(average, average + sizeof average, mean, std::chars_format::fixed, 2).ptr;
  return " ql_nodes:" + std::to_string(list.node_count()) + " ql_avg_node:" + std::string(average, end) +
         " ql_listpack_max:" + std::to_string(max_listpack_size) +
         " ql_compressed:0 ql_uncompressed_size:" + std::to_string(bytes);
}

// The record of argument 2. nullptr: the error is replied.
io::Task<const storage::Record*> load_value(Context& context) {
  std::string_view name = context.argument(2);
  const bool loaded = co_await context.load({&name, 1});
  if (!loaded) co_return nullptr;
  const storage::Record* record = context.peek(name);
  if (record == nullptr) context.reply.error("ERR no such key");
  co_return record;
}

}  // namespace

io::Task<> debug_object(Context& context) {
  const storage::Record* record = co_await load_value(context);
  if (record == nullptr) co_return;
  std::string image;
  storage::encode_value(image, *record);
  const std::int64_t idle_seconds = context.idle_seconds(context.argument(2));
  constexpr std::int64_t kLruClock = 0xFFFFFF;
  std::string figures = " lru:" + std::to_string((context.now_ms / 1000 - idle_seconds) & kLruClock) +
                        " lru_seconds_idle:" + std::to_string(idle_seconds);
  if (record->type() == storage::ValueType::kList && record->object()) {
    figures += list_figures(*record, context.parts<DebugParts>().settings.list_max_listpack_size);
  }
  char address[32];
  auto end = std::to_chars(address, address + sizeof address, reinterpret_cast<std::uintptr_t>(record), 16).ptr;
  context.reply.simple("Value at:0x" + std::string(address, end) +
                       " refcount:1 encoding:" + std::string(types::encoding_name(record->type(), record->encoding())) +
                       " serializedlength:" + std::to_string(image.size()) + figures);
}

io::Task<> debug_listpack(Context& context) {
  const storage::Record* record = co_await load_value(context);
  if (record == nullptr) co_return;
  if (record->encoding() != storage::Encoding::kListpack) {
    context.reply.error("ERR Not a listpack encoded object.");
    co_return;
  }
  const types::Listpack listpack(record->bytes());
  std::string text = "DEBUG LISTPACK: " + std::to_string(listpack.bytes().size()) + " bytes, " +
                     std::to_string(listpack.count()) + " elements:";
  for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
    text += " [" + std::to_string(place) + "] ";
    text += types::ElementText(listpack.element(place)).view();
  }
  context.parts<DebugParts>().logger.warning(text);
  context.reply.simple("Listpack structure printed on stdout");
}

}  // namespace terrace::commands
