#include "tests/simulation/workload.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tests/simulation/failure.h"
#include "tests/simulation/replayer.h"

namespace terrace::simulation {

namespace {

using storage::Access;
using storage::FetchedRecords;
using storage::Key;
using storage::Location;
using storage::Record;

// On a disk whose slowest operation takes milliseconds nobody waits this long.
constexpr std::int64_t kPatienceUs = 120'000'000;

}  // namespace

Workload::Workload(const Site& site)
    : site_(site),
      random_(mix(site.profile.seed ^ mix(site.life))),
      operations_left_(1 + random_.below(2 * site.profile.operations_per_life)),
      unit_(site.engine),
      unit_ends_{site.engine.end_position()} {}

void Workload::start() {
  for (unsigned number = 0; number < site_.profile.clients; ++number) {
    clients_.push_back({.number = number});
    ++clients_running_;
    io::spawn(run_client(clients_.back()));
  }
  io::spawn(run_operator());
}

// --- clients

io::Task<void> Workload::run_client(Client& client) {
  const io::Gate::Holder holder = gate_.hold();
  while (!stopping_ && operations_left_ > 0) {
    --operations_left_;
    const std::uint64_t think_us = site_.profile.think_us;
    if (think_us > 0 && random_.below(4) != 0) {
      co_await site_.clock.sleep_us(static_cast<std::int64_t>(random_.below(think_us)));
    } else {
      co_await site_.clock.yield();
    }
    client.busy_since_us = site_.world.now_us();
    co_await one_operation(client);
    while (client.unacknowledged.size() >= site_.profile.pipeline) {
      client.doing = "wait for an acknowledgement";
      const std::uint64_t position = client.unacknowledged.front();
      client.unacknowledged.erase(client.unacknowledged.begin());
      co_await acknowledged(client, position);
    }
    client.busy_since_us = -1;
    ++counts_.operations;
  }
  client.busy_since_us = site_.world.now_us();
  client.doing = "wait for the last acknowledgements";
  for (const std::uint64_t position : client.unacknowledged) co_await acknowledged(client, position);
  client.busy_since_us = -1;
  --clients_running_;
}

io::Task<void> Workload::one_operation(Client& client) {
  const Profile& profile = site_.profile;
  if (random_.chance(profile.scan_chance)) {
    client.doing = "scan";
    co_await scan(client);
  } else if (random_.chance(profile.sweep_chance)) {
    client.doing = "flush or swap";
    co_await sweep();
  } else if (random_.below(64) == 0) {
    client.doing = "random key";
    co_await random_key();
  } else if (random_.below(128) == 0) {
    check_sizes();
  } else if (random_.chance(profile.read_share)) {
    client.doing = "read";
    co_await read(client);
  } else if (random_.chance(profile.unit_chance)) {
    client.doing = "a unit of several turns";
    co_await write_unit(client);
  } else {
    client.doing = "write";
    co_await write(client);
  }
}

void Workload::check_positions() const {
  const std::uint64_t durable = site_.engine.durable_position();
  const std::uint64_t released = site_.engine.released_position();
  if (!unit_ends_.contains(durable) || !unit_ends_.contains(released)) {
    fail("durable up to " + std::to_string(durable) + ", released up to " + std::to_string(released) +
         ": half of a unit");
  }
}

void Workload::check_progress() const {
  if (site_.weather.storms > 0) return;
  for (const Client& client : clients_) {
    if (client.busy_since_us >= 0 && site_.world.now_us() - client.busy_since_us > kPatienceUs) {
      fail("client " + std::to_string(client.number) + " is stuck: " + client.doing);
    }
  }
}

bool Workload::excused(const Error& error, std::uint64_t storms_before) const {
  if (error.code == ErrorCode::kCorrupt) return site_.weather.rot;
  return !site_.weather.fair_since(storms_before, site_.world.now_us());
}

// --- reads

std::vector<KeyName> Workload::draw_keys(std::uint64_t count) {
  std::vector<KeyName> names;
  for (std::uint64_t i = 0; i < count; ++i) {
    names.push_back({static_cast<std::uint32_t>(random_.below(site_.profile.databases)), site_.keyspace.pick(random_)});
  }
  return names;
}

void Workload::check_key(const KeyName& name, FetchedRecords& fetched_records, Access access) {
  const std::optional<Value> found = read_key(site_.engine, name, fetched_records, access);
  const Value* expected = site_.oracle.current().find(name.database, name.key);
  if (!found) {
    if (expected && !expected->expired(site_.clock.wall_ms())) {
      fail("a key is missing: " + where(name.database, name.key));
    }
    return;
  }
  if (!expected) fail("a key is there that should not be: " + where(name.database, name.key));
  if (*found == *expected) return;
  fail("a wrong value: " + where(name.database, name.key) + ": " + std::to_string(found->bytes.size()) +
       " bytes, expiry " + std::to_string(found->expiry_ms) + " of parts " + std::to_string(found->parts_expiry_ms) +
       ", encoding " + std::to_string(static_cast<int>(found->encoding)) + "; expected " +
       std::to_string(expected->bytes.size()) + " bytes, expiry " + std::to_string(expected->expiry_ms) + " of parts " +
       std::to_string(expected->parts_expiry_ms) + ", encoding " +
       std::to_string(static_cast<int>(expected->encoding)) +
       (found->bytes == expected->bytes ? "" : "; the bytes differ"));
}

io::Task<void> Workload::read(Client& client) {
  const std::vector<KeyName> names = draw_keys(random_.below(8) == 0 ? random_.between(2, 12) : 1);
  const std::uint64_t storms = site_.weather.storms_over(site_.world.now_us());
  const std::int64_t start_us = site_.world.now_us();
  FetchedRecords fetched_records;
  const Result<void> resident = co_await make_free(names, fetched_records, false);
  ++counts_.reads;
  if (!fetched_records.empty() || site_.world.now_us() != start_us) ++counts_.cold_reads;
  if (!resident) {
    if (!excused(resident.error(), storms)) fail("a read failed: " + resident.error().message);
    ++counts_.failed;
    co_return;
  }
  const Access access = random_.below(8) == 0 ? Access::kPeek : Access::kRead;
  std::uint64_t dependency = site_.oracle.last_sweep();
  std::uint64_t truth = dependency;
  for (const KeyName& name : names) {
    check_key(name, fetched_records, access);
    dependency = std::max(dependency, site_.engine.dependency(Key(name.key).hash));
    truth = std::max(truth, site_.oracle.last_change(name.database, name.key));
  }
  co_await revealed(client, names, dependency, truth);
}

// A read's reply goes out when all it depends on is durable, by the store's own word. What the store says must not be
// less than what is so.
io::Task<void> Workload::revealed(Client& client, std::vector<KeyName> names, std::uint64_t dependency,
                                  std::uint64_t truth) {
  if (dependency < truth && site_.engine.durable_position() < truth) {
    fail("dependency() of " + where(names.front().database, names.front().key) +
         " is too low: " + std::to_string(dependency) + ", the last change ends at " + std::to_string(truth));
  }
  if (dependency > site_.engine.end_position()) fail("dependency() lies behind the log's end");
  client.unacknowledged.push_back(dependency);
  co_return;
}

io::Task<void> Workload::random_key() {
  const auto number = static_cast<std::uint32_t>(random_.below(site_.profile.databases));
  const std::uint64_t choice = random_.next();
  const std::uint64_t storms = site_.weather.storms_over(site_.world.now_us());
  FetchedRecords fetched_records;
  std::vector<Location> missing;
  for (;;) {
    while (unit_.open()) co_await unit_.ended().wait();
    missing.clear();
    const Record* record = site_.engine.database(number).random(choice, fetched_records, missing);
    if (record) {
      const KeyName name{number, std::string(record->key())};
      if (!site_.oracle.current().find(number, name.key)) fail("random key is not there: " + where(number, name.key));
      co_return;
    }
    if (missing.empty()) {
      if (site_.engine.database(number).size() != 0) fail("no random key in a database that has keys");
      co_return;
    }
    const Result<void> fetched = co_await site_.engine.fetch(missing, fetched_records);
    if (!fetched) {
      if (!excused(fetched.error(), storms)) fail("a random key failed: " + fetched.error().message);
      ++counts_.failed;
      co_return;
    }
  }
}

// DBSIZE: keys whose expiry has passed may be counted or not.
void Workload::check_sizes() {
  if (unit_.open()) return;
  const std::int64_t now_ms = site_.clock.wall_ms();
  for (std::uint32_t number = 0; number < site_.profile.databases; ++number) {
    std::uint64_t all = 0;
    std::uint64_t alive = 0;
    for (const auto& [key, value] : site_.oracle.current().keys(number)) {
      ++all;
      if (!value.expired(now_ms)) ++alive;
    }
    const std::uint64_t size = site_.engine.database(number).size();
    const std::uint64_t overwritten = site_.engine.database(number).overwritten_count();
    if (size + overwritten < alive || size > all) {
      fail("size() of database " + std::to_string(number) + " is " + std::to_string(size) + " with " +
           std::to_string(overwritten) + " overwritten, expected " + std::to_string(alive) + " to " +
           std::to_string(all));
    }
  }
}

// --- writes

Effect Workload::draw_effect() {
  Effect effect;
  effect.database = static_cast<std::uint32_t>(random_.below(site_.profile.databases));
  effect.key = site_.keyspace.pick(random_);
  const std::uint64_t kind = random_.below(100);
  const std::int64_t soon_ms = site_.clock.wall_ms() + static_cast<std::int64_t>(random_.skewed(100'000));
  if (kind < 45) {
    effect.kind = Effect::Kind::kSet;
    effect.value = site_.keyspace.value(random_);
    effect.amount = random_.chance(site_.profile.expiry_share) ? soon_ms : storage::kNoExpiry;
  } else if (kind < 60) {
    effect.kind = Effect::Kind::kDelete;
  } else if (kind < 72) {
    effect.kind = Effect::Kind::kAppend;
    effect.value = site_.keyspace.value(random_).substr(0, 64);
  } else if (kind < 84) {
    effect.kind = Effect::Kind::kAdd;
    effect.amount = static_cast<std::int64_t>(random_.coin() ? random_.next() : random_.below(1000));
  } else if (kind < 92) {
    effect.kind = Effect::Kind::kPatch;
    effect.amount = static_cast<std::int64_t>(random_.below(64));
    effect.value = site_.keyspace.value(random_).substr(0, 16);
  } else {
    effect.kind = is_object_key(effect.key) && random_.coin() ? Effect::Kind::kExpireParts : Effect::Kind::kExpire;
    const bool any = site_.profile.expiry_share > 0;
    effect.amount = any && random_.below(3) != 0 ? soon_ms : storage::kNoExpiry;
  }
  return effect;
}

std::vector<Effect> Workload::draw_effects() {
  std::vector<Effect> effects;
  const std::uint64_t count = random_.below(8) == 0 ? random_.between(2, 8) : 1;
  for (std::uint64_t i = 0; i < count; ++i) effects.push_back(draw_effect());
  return effects;
}

io::Task<bool> Workload::admitted(bool grows) {
  const std::uint64_t storms = site_.weather.storms;
  const Result<void> writable = site_.engine.writable(grows);
  if (!writable) {
    // A log that failed stays failed; a full disk may take a while to be cleaned.
    if (site_.weather.storms == 0 && storms == 0)
      fail("writes are refused on a good disk: " + writable.error().message);
    ++counts_.refused;
    co_return false;
  }
  if (grows && !site_.engine.has_room()) co_await site_.engine.wait_for_room();
  co_return true;
}

// As a server does: a key whose expiry has passed is deleted, and that logged, before it is written to.
bool Workload::remove_expired(const KeyName& name, FetchedRecords& fetched_records, std::vector<Effect>& effects) {
  const Value* expected = site_.oracle.current().find(name.database, name.key);
  if (!expected || !expected->expired(site_.clock.wall_ms())) return false;
  Record* record = site_.engine.database(name.database).find(Key(name.key), fetched_records, Access::kWrite);
  if (!record) return false;
  site_.engine.database(name.database).erase(record);
  effects.push_back({.kind = Effect::Kind::kDelete, .database = name.database, .key = name.key});
  return true;
}

io::Task<void> Workload::write(Client& client) {
  std::vector<Effect> drawn = draw_effects();
  const std::vector<KeyName> names = names_of(drawn);
  const std::uint64_t storms = site_.weather.storms_over(site_.world.now_us());
  const bool grows = drawn.size() > 1 || drawn.front().kind != Effect::Kind::kDelete;
  const bool may_write = co_await admitted(grows);
  if (!may_write) co_return;
  FetchedRecords fetched_records;
  const bool blind = is_overwrite(drawn) && random_.coin();
  const Result<void> resident = co_await make_free(names, fetched_records, true, blind);
  if (!resident) {
    if (!excused(resident.error(), storms)) fail("a write's read failed: " + resident.error().message);
    ++counts_.failed;
    co_return;
  }
  std::vector<Effect> effects;
  for (const KeyName& name : names) {
    if (blind) break;  // what was not read looks absent
    check_key(name, fetched_records, Access::kPeek);
    remove_expired(name, fetched_records, effects);
  }
  change(std::move(drawn), fetched_records, effects);
  if (effects.empty()) co_return;
  append(std::move(effects));
  for (const KeyName& name : names) check_key(name, fetched_records, Access::kPeek);
  ++counts_.writes;
  client.unacknowledged.push_back(site_.engine.end_position());
}

void Workload::change(std::vector<Effect> drawn, FetchedRecords& fetched_records, std::vector<Effect>& effects) {
  for (Effect& effect : drawn) {
    Record* before = site_.engine.database(effect.database).find(Key(effect.key), fetched_records, Access::kPeek);
    if (!before && effect.kind != Effect::Kind::kSet && effect.kind != Effect::Kind::kAppend &&
        effect.kind != Effect::Kind::kAdd) {
      continue;  // a server logs nothing for what changes nothing
    }
    effect.was_absent = before == nullptr;
    change_store(site_.engine, effect, fetched_records, static_cast<unsigned>(random_.below(2)));
    effects.push_back(std::move(effect));
  }
}

io::Task<Result<void>> Workload::make_free(const std::vector<KeyName>& names, FetchedRecords& fetched_records,
                                           bool writes, bool overwrite) {
  for (;;) {
    Result<void> resident = co_await make_resident(site_.engine, names, fetched_records, overwrite);
    if (!resident || !unit_.bars(names, writes)) co_return resident;
    co_await unit_.ended().wait();
  }
}

// As a transaction does that waits for the disk between its commands, or a script, which waits on a stack of its own.
io::Task<void> Workload::write_unit(Client& client) {
  const bool may_write = co_await admitted(true);
  if (!may_write) co_return;
  while (unit_.open()) co_await unit_.ended().wait();
  unit_.begin();
  const std::uint64_t steps = random_.skewed(site_.profile.unit_steps);
  if (random_.coin()) {
    for (std::uint64_t step = 0; step < steps; ++step) co_await one_unit_step();
  } else {
    const Result<void> ran = co_await io::Fiber::run(stacks_, [this, steps](io::Fiber& fiber) {
      for (std::uint64_t step = 0; step < steps; ++step) fiber.await(one_unit_step());
    });
    if (!ran) fail("a unit's stack: " + ran.error().message);
    ++counts_.fibers;
  }
  const std::uint64_t position = unit_.end(entry_id(site_.life, appended_entries_ + 1));
  if (!unit_.effects().empty()) ++appended_entries_;
  note_appended(position, unit_.effects());
  unit_.close();
  ++counts_.units;
  client.unacknowledged.push_back(position);
}

io::Task<void> Workload::one_unit_step() {
  std::vector<Effect> drawn = draw_effects();
  const std::vector<KeyName> names = names_of(drawn);
  unit_.touch(names);
  const std::uint64_t storms = site_.weather.storms_over(site_.world.now_us());
  FetchedRecords fetched_records;
  const Result<void> resident = co_await make_resident(site_.engine, names, fetched_records);
  if (!resident) {
    // A bad page fails its command alone.
    if (!excused(resident.error(), storms)) fail("a unit's read failed: " + resident.error().message);
    ++counts_.failed;
  } else {
    change_in_unit(std::move(drawn), names, fetched_records);
  }
  co_await wait_in_unit();
}

void Workload::change_in_unit(std::vector<Effect> drawn, const std::vector<KeyName>& names,
                              FetchedRecords& fetched_records) {
  std::vector<Effect> effects;
  for (const KeyName& name : names) {
    if (unit_.has_changed(name)) continue;  // the oracle hears of it when the unit has ended
    check_key(name, fetched_records, Access::kPeek);
    remove_expired(name, fetched_records, effects);
  }
  change(std::move(drawn), fetched_records, effects);
  unit_.add(effects);
}

io::Task<void> Workload::wait_in_unit() {
  if (unit_.has_added() && random_.coin()) {
    unit_.log_piece(entry_id(site_.life, ++appended_entries_));
    appended_ = true;
    // An error is the log's, which will not let go of the unit's end either.
    if (random_.coin()) static_cast<void>(co_await site_.engine.wait_for_log_room());
  }
  if (random_.coin()) {
    co_await site_.clock.yield();
  } else {
    co_await site_.clock.sleep_us(static_cast<std::int64_t>(random_.skewed(1000)));
  }
}

void Workload::append(std::vector<Effect> effects) {
  const Entry entry{entry_id(site_.life, ++appended_entries_), effects};
  const std::string bytes = encode(entry);
  const std::size_t middle = random_.below(bytes.size() + 1);
  const std::string_view parts[] = {std::string_view(bytes).substr(0, middle), std::string_view(bytes).substr(middle)};
  const std::uint64_t before = site_.engine.end_position();
  const std::uint64_t position = site_.engine.append(parts);
  if (position != site_.engine.end_position() || position < before + bytes.size()) {
    fail("append() gives position " + std::to_string(position) + " for " + std::to_string(bytes.size()) +
         " bytes behind " + std::to_string(before));
  }
  note_appended(position, std::move(effects));
}

void Workload::note_appended(std::uint64_t position, std::vector<Effect> effects) {
  unit_ends_.insert(position);
  for (const Effect& effect : effects) {
    if (site_.say) site_.say("-> " + std::to_string(position) + " " + describe(effect));
    if (!effect.key.empty()) site_.engine.note_change(Key(effect.key).hash, position);
    for (ScanCheck& scan : scans_) scan.note(effect);
  }
  appended_ = true;
  site_.oracle.issue(position, site_.world.now_us(), std::move(effects));
}

io::Task<void> Workload::sweep() {
  const bool may_write = co_await admitted(false);
  if (!may_write) co_return;
  while (unit_.open()) co_await unit_.ended().wait();
  const auto databases = site_.profile.databases;
  Effect effect{.kind = Effect::Kind::kFlush, .database = static_cast<std::uint32_t>(random_.below(databases))};
  if (random_.coin()) {
    effect.kind = Effect::Kind::kSwap;
    effect.amount = static_cast<std::int64_t>(random_.below(databases));
  }
  FetchedRecords none;
  change_store(site_.engine, effect, none, 0);
  std::vector<Effect> effects;
  effects.push_back(std::move(effect));
  append(std::move(effects));
  check_sizes();
}

io::Task<void> Workload::acknowledged(Client& client, std::uint64_t position) {
  (void)client;
  while (site_.engine.released_position() < position) {
    check_positions();
    if (site_.engine.log_failed()) co_return;  // no reply
    co_await site_.engine.position_changed().wait();
  }
}

// --- scans

io::Task<void> Workload::scan(Client& client) {
  const auto database = static_cast<std::uint32_t>(random_.below(site_.profile.databases));
  scans_.emplace_back(site_.oracle, database, random_.coin());
  const auto self = std::prev(scans_.end());
  const std::uint64_t storms = site_.weather.storms_over(site_.world.now_us());
  FetchedRecords fetched_records;
  std::vector<Location> missing;
  std::uint64_t cursor = 0;
  do {
    while (unit_.open()) co_await unit_.ended().wait();
    missing.clear();
    cursor = site_.engine.database(database).scan(cursor, fetched_records, missing,
                                                  [&](const Record& record) { self->visit(record); });
    client.busy_since_us = site_.world.now_us();
    if (!missing.empty()) {
      io::Task<Result<void>> fetching = self->heads() ? site_.engine.fetch_heads(missing, fetched_records)
                                                      : site_.engine.fetch(missing, fetched_records);
      const Result<void> fetched = co_await std::move(fetching);
      if (!fetched && !excused(fetched.error(), storms)) fail("a scan failed: " + fetched.error().message);
      if (!fetched) self->give_up();
    } else if (random_.below(16) == 0) {
      fetched_records.clear();
      co_await site_.clock.yield();
    }
  } while (!self->overtaken() && !stopping_ && (cursor != 0 || !missing.empty()));
  if (cursor == 0 && missing.empty() && !self->overtaken()) self->end();
  scans_.erase(self);
  ++counts_.scans;
}

// --- the operator

void Workload::judge(const Result<void>& result, std::uint64_t storms_before, const char* what) {
  ++counts_.maintenance;
  if (result) return;
  // A log or a segment that a storm hurt may fail a later call too.
  const bool hurt = site_.weather.storms > 0 || storms_before > 0;
  if (!hurt && !(site_.weather.rot && result.error().code != ErrorCode::kInvalid)) {
    fail(std::string(what) + " failed: " + result.error().message);
  }
  ++counts_.failed;
}

void Workload::reconfigure() {
  storage::Options options = site_.engine.options();
  if (site_.profile.max_memory_bytes > 0) {
    options.max_memory_bytes = site_.profile.max_memory_bytes / random_.between(1, 2);
  }
  options.compaction = random_.below(4) != 0;
  options.background_bytes_per_second = random_.coin() ? 0 : random_.between(64, 4096) * storage::kKiB;
  site_.engine.reconfigure(options);
}

// As a server does with the keys that the store names: those that have expired are deleted, and of others the parts
// that have.
io::Task<Result<void>> Workload::expire_cold() {
  const bool may_write = co_await admitted(false);
  if (!may_write) co_return Result<void>();
  storage::ExpiredKeys expired(site_.engine.ledger());
  co_await site_.engine.find_expired_cold(site_.clock.wall_ms(), expired);
  // A key may be named by an image of before, too; what is done for it comes to the oracle at the end.
  std::set<std::pair<std::uint32_t, std::string>> unique(expired.whole.begin(), expired.whole.end());
  unique.insert(expired.parts.begin(), expired.parts.end());
  std::vector<KeyName> names;
  names.reserve(unique.size());
  for (const auto& [number, key] : unique) names.push_back({number, key});
  FetchedRecords fetched_records;
  Result<void> resident = co_await make_free(names, fetched_records, true);
  // Meanwhile the log may have failed.
  if (!resident || !site_.engine.writable(false)) co_return resident;
  std::vector<Effect> effects;
  for (const KeyName& name : names) {
    check_key(name, fetched_records, Access::kPeek);
    if (remove_expired(name, fetched_records, effects)) continue;
    const Value* value = site_.oracle.current().find(name.database, name.key);
    if (!value || !value->parts_expired(site_.clock.wall_ms())) continue;
    Effect effect{
        .kind = Effect::Kind::kExpireParts, .database = name.database, .amount = storage::kNoExpiry, .key = name.key};
    change_store(site_.engine, effect, fetched_records, 0);
    effects.push_back(std::move(effect));
  }
  if (!effects.empty()) append(std::move(effects));
  co_return Result<void>();
}

io::Task<Result<void>> Workload::one_maintenance(const char*& what) {
  const std::uint64_t choice = random_.below(100);
  if (choice < 10) {
    what = "find_expired_cold()";
    co_return co_await expire_cold();
  }
  if (choice < 40) {
    what = "spill()";
    const KeyName name = draw_keys(1).front();
    co_return co_await site_.engine.spill(name.database, Key(name.key));
  }
  if (choice < 60) {
    what = "spill_all()";
    co_return co_await site_.engine.spill_all();
  }
  if (choice < 75) {
    what = "compact()";
    co_return co_await site_.engine.compact();
  }
  if (choice < 92) {
    what = "checkpoint()";
    co_return co_await site_.engine.checkpoint();
  }
  what = "reconfigure()";
  if (choice < 95) site_.clock.jump_ms(static_cast<std::int64_t>(random_.skewed(50'000)));
  if (choice >= 95) reconfigure();
  co_return Result<void>();
}

io::Task<void> Workload::run_operator() {
  const io::Gate::Holder holder = gate_.hold();
  while (!stopping_ && clients_running_ > 0) {
    co_await site_.clock.sleep_us(static_cast<std::int64_t>(1 + random_.below(site_.profile.maintenance_us)));
    if (stopping_) break;
    const char* what = "";
    const std::uint64_t storms = site_.weather.storms;
    judge(co_await one_maintenance(what), storms, what);
    if (site_.say) site_.say(std::string("operator: ") + what);
  }
}

}  // namespace terrace::simulation
