// Inbox: takes what others tell a session (messages, events, invalidations, lines of MONITOR) into the output of its
// channel, behind the replies that are there. A unit tells others when it is committed, and no reply is being written
// then: what is told never lies inside a reply.
// Invariant: like a reply, it leaves when the log is durable up to the position that it depends on (promise P1).
// Ownership: part of a session's connection. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/config/settings.h"
#include "src/execution/channel.h"
#include "src/execution/reply_gate.h"
#include "src/execution/session.h"

namespace terrace {

class Inbox {
 public:
  Inbox(Session& session, Channel& channel, ReplyGate& gate, const Settings& settings)
      : session_(session), channel_(channel), gate_(gate), settings_(settings) {
    session.inbox = this;
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Beyond the hard limit of client-output-buffer-limit nothing is kept: the session ends. So does one that has not taken
  // much while memory is short: nobody can be made to wait for it.
  void push(std::string_view bytes, std::uint64_t position);

 private:
  Session& session_;
  Channel& channel_;
  ReplyGate& gate_;
  const Settings& settings_;
};

}  // namespace terrace
