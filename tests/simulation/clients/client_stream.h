// ClientStream: the requests of one session that are on their way, and its replies until they leave: what the witness
// follows and the connection moves.
// Ownership: part of its connection. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>

#include "src/execution/command_batch.h"
#include "src/execution/output_buffer.h"
#include "src/execution/session.h"
#include "tests/simulation/clients/session_model.h"

namespace terrace::simulation {

struct ClientStream {
  struct Reply {
    std::uint64_t end;  // of its bytes, counted from the session's first
    std::uint64_t dependency;
    bool changed;  // something: its unit
    ReplyValue value;
  };

  ClientStream(Session& speaker, OutputBuffer& output_buffer, History& history, std::uint64_t number)
      : session(speaker), output(output_buffer), model(history, number) {}

  Session& session;
  OutputBuffer& output;
  SessionModel model;
  bool judged = true;                  // false: its requests are a look at what was recovered
  CommandBatch* batch = nullptr;       // under way
  std::deque<ClientRequest> requests;  // sent and not answered; the batch's are in front
  std::deque<Reply> replies;           // made, and not taken by the channel
  std::uint64_t made_bytes = 0;        // of replies that were judged
  std::uint64_t taken_bytes = 0;       // by the channel
};

}  // namespace terrace::simulation
