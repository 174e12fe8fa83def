#include "src/acl/acl_log.h"

#include <algorithm>

namespace terrace::acl {
namespace {

// As in Redis: an entry counts what is like it among the newest, for a minute.
constexpr std::size_t kComparedEntries = 10;
constexpr std::int64_t kCountedForMs = 60'000;
// A key may be as long as a request: the log does not keep it whole.
constexpr std::size_t kMostObjectBytes = 1024;

}  // namespace

std::size_t AclLog::bytes_of(const Entry& entry) {
  return sizeof entry + entry.object.capacity() + entry.user.capacity() + entry.client.capacity();
}

void AclLog::count(Reason reason) {
  switch (reason) {
    case Reason::kAuthentication:
      ++statistics_.acl_denied_authentications;
      break;
    case Reason::kCommand:
      ++statistics_.acl_denied_commands;
      break;
    case Reason::kKey:
      ++statistics_.acl_denied_keys;
      break;
    case Reason::kChannel:
      ++statistics_.acl_denied_channels;
      break;
  }
}

void AclLog::add(const Session& session, Reason reason, User::Place place, std::string_view object,
                 std::string_view user) {
  count(reason);
  if (most_ == 0) return;
  Entry entry{.id = next_id_,
              .reason = reason,
              .place = place,
              .object = std::string(object.substr(0, kMostObjectBytes)),
              .user = std::string(user.substr(0, kMostObjectBytes)),
              .client = describe_client_(session),
              .created_ms = clock_.wall_ms()};
  entry.updated_ms = entry.created_ms;
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(entries_.size(), kComparedEntries));
  const auto same = std::find_if(entries_.begin(), end, [&](const Entry& other) {
    return other.reason == entry.reason && other.place == entry.place && other.object == entry.object &&
           other.user == entry.user && entry.created_ms - other.updated_ms <= kCountedForMs;
  });
  if (same != end) {
    entry.id = same->id;
    entry.count = same->count + 1;
    entry.created_ms = same->created_ms;
    charge_.resize(charge_.bytes() - bytes_of(*same));
    entries_.erase(same);
  } else {
    ++next_id_;
  }
  charge_.resize(charge_.bytes() + bytes_of(entry));
  entries_.push_front(std::move(entry));
  trim();
}

void AclLog::set_most(std::size_t entries) {
  most_ = entries;
  trim();
}

void AclLog::trim() {
  while (entries_.size() > most_) {
    charge_.resize(charge_.bytes() - bytes_of(entries_.back()));
    entries_.pop_back();
  }
}

void AclLog::clear() {
  entries_.clear();
  charge_.resize(0);
}

}  // namespace terrace::acl
