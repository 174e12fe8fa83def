// The server without its sockets: three clients send any bytes, in RESP or inline, in any state: in MULTI, subscribed,
// waiting for keys. Whatever they send, each is told whole replies and no less, and memory is counted to the end.
#include <fuzzer/FuzzedDataProvider.h>

#include "tests/fuzz/server_core.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  ServerCore core;
  while (input.remaining_bytes() > 0) {
    const std::size_t speaker = input.ConsumeIntegralInRange<std::size_t>(0, ServerCore::kSpeakers - 1);
    // Up to a line's end and a mark, so that pieces are commands or parts of them.
    const std::string bytes = input.ConsumeRandomLengthString(4096);
    core.hear(speaker, bytes);
    if (input.ConsumeBool()) core.rest(input.ConsumeIntegral<std::uint8_t>());
    for (std::size_t i = 0; i < ServerCore::kSpeakers; ++i) core.take_told(i);
  }
  // Nobody is stuck who has not asked to wait.
  core.rest(64);
}

std::vector<std::string> seeds() {
  // The provider takes numbers from the end: texts in front, ended by a backslash and another byte.
  const std::string end = "\\ ";
  return {
      "SET k v\r\nGET k\r\nMULTI\r\nINCR n\r\nLPUSH l a b\r\nEXEC\r\n" + end,
      "SUBSCRIBE c\r\n" + end + "PUBLISH c hello\r\nMULTI\r\nPUBLISH c x\r\nSET k v\r\nEXEC\r\n" + end +
          "UNSUBSCRIBE\r\n" + end,
      "BLPOP l 0\r\n" + end + "EVAL \"return redis.call('rpush','l','x')\" 0\r\n" + end,
      "WATCH k\r\n" + end + "SET k 1\r\n" + end + "MULTI\r\nGET k\r\nEXEC\r\nPSUBSCRIBE __key*\r\n" + end +
          "DEL k\r\nEXPIRE k 1\r\n" + end,
      "FUNCTION LOAD \"#!lua name=a\\\\nredis.register_function('f',function(k,a) return a end)\"\r\nFCALL f 0 "
      "x\r\nMULTI\r\nFCALL f 0 y\r\nFUNCTION FLUSH\r\nEXEC\r\n" +
          end,
      "HSET h f v\r\nHPEXPIRE h 1 FIELDS 1 f\r\nXADD s 1-1 a b\r\nXREAD BLOCK 0 STREAMS s $\r\n" + end +
          "XADD s * a b\r\nTERRACE SPILL ALL\r\n" + end,
  };
}

std::vector<std::string> words() {
  std::vector<std::string> words = {"\r\n",        "\\ ",        "*1\r\n",           "*2\r\n",     "*3\r\n",
                                    "$1\r\nk\r\n", "$0\r\n\r\n", "__keyspace@0__:k", "redis.call("};
  CommandTable table;
  for (const auto rows : {string_commands(), list_commands(), transaction_commands(), scripting_commands(),
                          pubsub_commands(), key_commands()}) {
    for (const Command& row : rows) words.emplace_back(row.name);
  }
  return words;
}

}  // namespace terrace::fuzz
