#include "src/pubsub/tracking.h"

#include <algorithm>

#include "src/execution/inbox.h"
#include "src/resp/reply.h"

namespace terrace {
namespace {

constexpr std::string_view kChannel = "__redis__:invalidate";
constexpr int kAnyProtocol = 3;  // of arrays and bulk strings, which are the same in both
constexpr std::size_t kBytesBesideName = 8 * sizeof(void*);

// Redis' table of what clients may have cached knows no databases, so SWAPDB changes nothing in it.
bool changes_value(KeyEvent event) {
  return event != KeyEvent::kExtended && event != KeyEvent::kSwapped && event != KeyEvent::kReplaced &&
         event != KeyEvent::kFlushed && event != KeyEvent::kUnseen;
}

}  // namespace

void Tracking::begin(Session& session, CachingOptions options, Session& target) {
  auto& client = clients_[session.id];
  if (client == nullptr) {
    client = std::make_unique<CachingClient>(CachingClient{.session = session, .options = {}, .target = &target});
    events_.begin_interest();
  }
  leave_prefixes(*client);
  std::vector<std::string>& prefixes = client->options.prefixes;
  prefixes.insert(prefixes.end(), options.prefixes.begin(), options.prefixes.end());
  if (options.broadcast && prefixes.empty()) prefixes.emplace_back();
  std::sort(prefixes.begin(), prefixes.end());  // the order of CLIENT TRACKINGINFO
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  options.prefixes = std::move(prefixes);
  client->options = std::move(options);
  if (client->options.broadcast) {
    for (const std::string& prefix : client->options.prefixes) prefixes_[prefix].push_back(client.get());
  }
  client->target = &target;
  client->redirect_broken = false;
  client->asked = false;
  session.caching = client.get();
  session.caches = true;
  audience_.caching = clients_.size();
}

void Tracking::end(Session& session) {
  if (session.caching == nullptr) return;
  leave_prefixes(*session.caching);
  session.caching = nullptr;
  session.caches = false;
  clients_.erase(session.id);
  audience_.caching = clients_.size();
  events_.end_interest();
  if (clients_.empty()) clear_table();  // what it has for clients that are gone is of no use
}

void Tracking::forget(Session& session) {
  end(session);
  for (const auto& [id, client] : clients_) {
    if (client->target == &session) client->target = nullptr;
  }
}

void Tracking::leave_prefixes(CachingClient& client) {
  if (!client.options.broadcast) return;
  for (const std::string& prefix : client.options.prefixes) {
    const auto found = prefixes_.find(prefix);
    if (found == prefixes_.end()) continue;
    std::erase(found->second, &client);
    if (found->second.empty()) prefixes_.erase(found);
  }
}

// --- the table

void Tracking::note_read(Session& session, const Call& call) {
  CachingClient& client = *session.caching;
  const CachingOptions& options = client.options;
  const bool tracked = options.opt_in ? client.asked : !(options.opt_out && client.asked);
  if ((call.row().flags & kReadonly) && !options.broadcast && tracked) {
    for (const PlannedKey& planned : call.keys) remember(client.session.id, planned.key.name);
  }
  // CLIENT CACHING holds for the next command, or for the transaction or script.
  if (&session != &client.session) return;
  const CommandEntry* container = call.entry->container;
  const bool is_client = container != nullptr && container->row->name == "client";
  if (call.row().runs_queue || (!is_client && !session.transaction.open())) client.asked = false;
}

void Tracking::remember(std::uint64_t id, std::string_view key) {
  auto entry = table_.find(key);
  if (entry == table_.end()) {
    entry = table_.emplace(key, Ids()).first;
    charge_.resize(charge_.bytes() + kBytesBesideName + key.size());
  }
  Ids& ids = entry->second;
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place != ids.end() && *place == id) return;
  ids.insert(place, id);
  ++items_;
  charge_.resize(charge_.bytes() + sizeof(id));
}

void Tracking::erase(Table::iterator entry) {
  items_ -= entry->second.size();
  charge_.resize(charge_.bytes() - kBytesBesideName - entry->first.size() -
                 entry->second.size() * sizeof(std::uint64_t));
  table_.erase(entry);
}

void Tracking::clear_table() {
  Table().swap(table_);
  items_ = 0;
  charge_.resize(0);
}

// --- telling

void Tracking::tell(const Unit& unit, const Session& writer, std::uint64_t position) {
  constexpr std::size_t kMostAtOnce = 4096;
  bool flushed = false;
  for (const Unit::Change& change : unit.changes()) {
    flushed |= change.event == KeyEvent::kFlushed;
    if (!changes_value(change.event)) continue;
    const std::string_view key = unit.observed(change).name;
    if (!prefixes_.empty()) changed_.add(key, writer.id, position);
    if (const auto entry = table_.find(key); entry != table_.end()) invalidate(entry, &writer, position);
  }
  if (changed_.size() > kMostAtOnce) broadcast();
  if (flushed) tell_all(position);
  while (most_keys_ > 0 && table_.size() > most_keys_) invalidate(table_.begin(), nullptr, position);
}

// `writer`: whose change it is; nullptr: nobody's.
void Tracking::invalidate(Table::iterator entry, const Session* writer, std::uint64_t position) {
  std::string keys;
  Reply reply(keys, kAnyProtocol);
  reply.array(1);
  reply.bulk(entry->first);
  for (const std::uint64_t id : entry->second) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) continue;
    CachingClient& client = *found->second;
    if (client.options.broadcast || (client.options.no_loop && &client.session == writer)) continue;
    send(client, keys, position);
  }
  erase(entry);
}

void Tracking::broadcast() {
  const std::span<const ChangedKeys::Key> keys = changed_.sorted();
  for (const auto& [prefix, clients] : prefixes_) {
    const auto begin = std::ranges::lower_bound(keys, prefix, {}, &ChangedKeys::Key::name);
    const auto end = std::find_if_not(
        begin, keys.end(), [&prefix = prefix](const ChangedKeys::Key& key) { return key.name.starts_with(prefix); });
    if (begin != end) broadcast({begin, end}, clients);
  }
  changed_.clear();
}

// Tells the clients of one prefix. All but those that leave out their own changes are told the same.
void Tracking::broadcast(std::span<const ChangedKeys::Key> keys, const std::vector<CachingClient*>& clients) {
  const auto encode = [&](std::string& text, std::uint64_t without_writer) {
    const auto wanted = [&](const ChangedKeys::Key& key) { return key.writer != without_writer; };
    Reply reply(text, kAnyProtocol);
    const auto count = std::ranges::count_if(keys, wanted);
    reply.array(static_cast<std::size_t>(count));
    for (const ChangedKeys::Key& key : keys) {
      if (wanted(key)) reply.bulk(key.name);
    }
    return count > 0;
  };
  constexpr std::uint64_t kNobody = UINT64_MAX;
  std::string all, own;
  encode(all, kNobody);
  for (CachingClient* client : clients) {
    const std::uint64_t id = client->session.id;
    const bool wrote = client->options.no_loop &&
                       std::ranges::any_of(keys, [id](const ChangedKeys::Key& key) { return key.writer == id; });
    own.clear();
    if (!wrote) {
      send(*client, all, changed_.position());
    } else if (encode(own, id)) {
      send(*client, own, changed_.position());
    }
  }
}

// All keys have gone.
void Tracking::tell_all(std::uint64_t position) {
  for (const auto& [id, client] : clients_) send(*client, {}, position);
  clear_table();
}

// `keys`: the array of them as it is sent; empty: all keys.
void Tracking::send(CachingClient& client, std::string_view keys, std::uint64_t position) {
  std::string text;
  if (client.target == nullptr) {
    client.redirect_broken = true;
    if (client.session.protocol < 3 || client.session.inbox == nullptr) return;
    Reply reply(text, client.session.protocol);
    reply.push(2);
    reply.bulk("tracking-redir-broken");
    reply.integer(static_cast<std::int64_t>(client.options.redirect_id));
    return client.session.inbox->push(text, position);
  }
  const Session& target = *client.target;
  if (target.inbox == nullptr) return;
  Reply reply(text, target.protocol);
  if (target.protocol >= 3) {
    reply.push(2);
    reply.bulk("invalidate");
  } else if (&target != &client.session && target.subscribed) {
    reply.push(3);
    reply.bulk("message");
    reply.bulk(kChannel);
  } else {
    return;  // it cannot be told
  }
  if (keys.empty()) {
    reply.null();
  } else {
    reply.append(keys);
  }
  target.inbox->push(text, position);
}

}  // namespace terrace
