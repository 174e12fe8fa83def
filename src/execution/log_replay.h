// LogReplay: runs the commands of the log when the store is recovered. The bytes of a command may come in several calls
// of apply(). The log's reader passes only whole transactions.
// Ownership: borrows the dispatcher. Thread: the reactor's.
#pragma once

#include <cstdint>

#include "src/execution/dispatcher.h"
#include "src/execution/output_buffer.h"
#include "src/execution/session.h"
#include "src/resp/request_parser.h"
#include "storage/engine.h"

namespace terrace {

// What the server keeps with the store beside keys (Engine::set_attachment).
class StoreAttachment {
 public:
  // `bytes`: as the checkpoint has it, before the log is replayed; empty if there is none.
  virtual Result<void> restore(std::string_view bytes) = 0;

 protected:
  ~StoreAttachment() = default;
};

class LogReplay final : public storage::LogApplier {
 public:
  LogReplay(Dispatcher& dispatcher, const CommandTable& commands, Store& store, io::Clock& clock)
      : dispatcher_(dispatcher), table_(commands), store_(store), clock_(clock) {}

  void attach(StoreAttachment& attachment) { attachment_ = &attachment; }
  // Must be called before each replay. The log begins in database 0.
  void begin() {
    parser_ = RequestParser();
    session_.database = 0;
    crowded_ = false;
  }
  std::unique_ptr<storage::UnitScanner> make_scanner() override;
  Result<void> attachment(std::string_view bytes) override;
  io::Task<Result<void>> apply(std::span<const std::byte> bytes) override;
  std::uint64_t commands() const { return commands_; }

 private:
  io::Task<> wait_for_room();
  io::Task<Result<void>> run(CommandBatch& execution);
  Result<void> prepare(CommandBatch& execution) const;

  Dispatcher& dispatcher_;
  const CommandTable& table_;
  Store& store_;
  io::Clock& clock_;
  StoreAttachment* attachment_ = nullptr;
  RequestParser parser_;
  Session session_;
  OutputBuffer replies_;
  std::uint64_t commands_ = 0;
  bool crowded_ = false;  // a wait for room has ended without room
};

}  // namespace terrace
