#include "src/types/stream/stream_group.h"

namespace terrace::types {
namespace {

// The bytes of a name and of the allocator, beside the object's own.
std::size_t name_bytes(const std::string& name) {
  constexpr std::size_t kWithin = 15;
  return name.size() > kWithin ? name.capacity() + 1 : 0;
}

}  // namespace

std::size_t StreamGroup::footprint(const StreamConsumer& consumer) {
  return sizeof(StreamConsumer) + sizeof(Consumers::value_type) + name_bytes(consumer.name);
}
std::size_t StreamGroup::footprint() const {
  return sizeof(StreamGroup) + sizeof(void*) + name_bytes(name_);
}

StreamGroup::StreamGroup(storage::Object& owner, std::string_view name) : owner_(owner), name_(name) {
  owner_.add_footprint(static_cast<std::ptrdiff_t>(footprint()));
}

StreamGroup::~StreamGroup() {
  while (discard_some()) {
  }
  pending_.clear(owner_);
  owner_.add_footprint(-static_cast<std::ptrdiff_t>(footprint()));
}

StreamGroup::Consumers::const_iterator StreamGroup::place_of(std::string_view name) const {
  return std::partition_point(consumers_.begin(), consumers_.end(),
                              [&](const auto& consumer) { return consumer->name < name; });
}

StreamConsumer* StreamGroup::consumer(std::string_view name) const {
  const auto place = place_of(name);
  return place != consumers_.end() && (*place)->name == name ? place->get() : nullptr;
}

StreamConsumer& StreamGroup::add_consumer(std::string_view name, std::int64_t now_ms) {
  auto consumer = std::make_unique<StreamConsumer>();
  consumer->name = name;
  consumer->seen_ms = now_ms;
  owner_.add_footprint(static_cast<std::ptrdiff_t>(footprint(*consumer)));
  return **consumers_.insert(place_of(name), std::move(consumer));
}

void StreamGroup::remove_consumer(const StreamConsumer& consumer) {
  const auto place = place_of(consumer.name);
  StreamConsumer& gone = **place;
  for (auto at = gone.pending.begin(); at != gone.pending.end(); at = gone.pending.next(at)) {
    pending_.erase(gone.pending[at].id, owner_);
  }
  gone.pending.clear(owner_);
  owner_.add_footprint(-static_cast<std::ptrdiff_t>(footprint(gone)));
  consumers_.erase(place);
}

void StreamGroup::set_pending(const StreamId& id, StreamConsumer& consumer, std::int64_t delivered_ms,
                              std::uint64_t deliveries) {
  PendingEntry* entry = pending_.find(id);
  if (entry == nullptr) {
    pending_.insert({id, delivered_ms, deliveries, &consumer}, owner_);
    consumer.pending.insert({id}, owner_);
    return;
  }
  entry->delivered_ms = delivered_ms;
  entry->deliveries = deliveries;
  if (entry->consumer == &consumer) return;
  entry->consumer->pending.erase(id, owner_);
  consumer.pending.insert({id}, owner_);
  entry->consumer = &consumer;
}

bool StreamGroup::add_unowned(const StreamId& id, std::int64_t delivered_ms, std::uint64_t deliveries) {
  return pending_.insert({id, delivered_ms, deliveries, nullptr}, owner_);
}

bool StreamGroup::give(const StreamId& id, StreamConsumer& consumer) {
  PendingEntry* const entry = pending_.find(id);
  if (entry == nullptr || entry->consumer != nullptr) return false;
  entry->consumer = &consumer;
  return consumer.pending.insert({id}, owner_);
}

bool StreamGroup::acknowledge(const StreamId& id) {
  const auto place = pending_.lower_bound(id);
  if (place == pending_.end() || pending_[place].id != id) return false;
  pending_[place].consumer->pending.erase(id, owner_);
  pending_.erase(place, owner_);
  return true;
}

bool StreamGroup::discard_some() {
  if (pending_.drop_chunk(owner_)) return true;
  if (consumers_.empty()) return false;
  StreamConsumer& consumer = *consumers_.back();
  if (consumer.pending.drop_chunk(owner_)) return true;
  consumer.pending.clear(owner_);
  owner_.add_footprint(-static_cast<std::ptrdiff_t>(footprint(consumer)));
  consumers_.pop_back();
  return true;
}

}  // namespace terrace::types
