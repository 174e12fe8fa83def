#include "tests/simulation/effect.h"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace terrace::simulation {

namespace {

constexpr std::size_t kPrefixSize = 12;  // checksum and size
constexpr std::uint8_t kBeginsUnit = 1;
constexpr std::uint8_t kEndsUnit = 2;

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put_string(std::string& out, const std::string& bytes) {
  put(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T take() {
    T value{};
    if (bytes_.size() < sizeof value) {
      good_ = false;
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string take_string() {
    const auto size = take<std::uint32_t>();
    if (bytes_.size() < size) {
      good_ = false;
      return {};
    }
    std::string out(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return out;
  }
  bool good() const { return good_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

storage::Encoding encoding_of(const std::string& bytes) {
  return bytes.size() <= 44 ? storage::Encoding::kEmbedded : storage::Encoding::kRaw;
}

Value integer(std::int64_t number, const Value& old) {
  Value value{std::string(sizeof number, '\0'), storage::Encoding::kInteger, old.expiry_ms, old.parts_expiry_ms};
  std::memcpy(value.bytes.data(), &number, sizeof number);
  return value;
}

}  // namespace

std::string encode(const Entry& entry) {
  std::string out(kPrefixSize, '\0');
  put(out, static_cast<std::uint8_t>((entry.begins_unit ? kBeginsUnit : 0) | (entry.ends_unit ? kEndsUnit : 0)));
  put(out, entry.id);
  put(out, static_cast<std::uint32_t>(entry.effects.size()));
  for (const Effect& effect : entry.effects) {
    put(out, effect.kind);
    put(out, effect.database);
    put(out, effect.amount);
    put_string(out, effect.key);
    put_string(out, effect.value);
  }
  const auto size = static_cast<std::uint32_t>(out.size() - kPrefixSize);
  const std::uint64_t checksum = XXH3_64bits_withSeed(out.data() + kPrefixSize, size, size);
  std::memcpy(out.data(), &checksum, sizeof checksum);
  std::memcpy(out.data() + sizeof checksum, &size, sizeof size);
  return out;
}

EntryHead::EntryHead(std::string_view bytes) {
  Reader reader(bytes.substr(sizeof(std::uint64_t)));
  size = kPrefixSize + reader.take<std::uint32_t>();
  const auto unit = reader.take<std::uint8_t>();
  begins_unit = (unit & kBeginsUnit) != 0;
  ends_unit = (unit & kEndsUnit) != 0;
}

Decoded decode(std::string_view bytes) {
  Decoded decoded;
  if (bytes.size() < kPrefixSize) return decoded;
  Reader prefix(bytes);
  const auto checksum = prefix.take<std::uint64_t>();
  const auto size = prefix.take<std::uint32_t>();
  if (bytes.size() - kPrefixSize < size) return decoded;
  decoded.state = Decoded::State::kBroken;
  const std::string_view body = bytes.substr(kPrefixSize, size);
  if (XXH3_64bits_withSeed(body.data(), body.size(), size) != checksum) return decoded;
  Reader reader(body);
  const auto unit = reader.take<std::uint8_t>();
  decoded.entry.begins_unit = (unit & kBeginsUnit) != 0;
  decoded.entry.ends_unit = (unit & kEndsUnit) != 0;
  decoded.entry.id = reader.take<std::uint64_t>();
  const auto count = reader.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && reader.good(); ++i) {
    Effect effect;
    effect.kind = reader.take<Effect::Kind>();
    effect.database = reader.take<std::uint32_t>();
    effect.amount = reader.take<std::int64_t>();
    effect.key = reader.take_string();
    effect.value = reader.take_string();
    decoded.entry.effects.push_back(std::move(effect));
  }
  if (!reader.good() || !reader.at_end()) return decoded;
  decoded.state = Decoded::State::kWhole;
  decoded.size = kPrefixSize + size;
  return decoded;
}

std::optional<Value> apply(const Effect& effect, const Value* old) {
  const Value before = old ? *old : Value();
  switch (effect.kind) {
    case Effect::Kind::kSet:
      return Value{effect.value, encoding_of(effect.value), effect.amount};
    case Effect::Kind::kAppend: {
      std::string bytes = before.bytes + effect.value;
      const storage::Encoding encoding = encoding_of(bytes);
      return Value{std::move(bytes), encoding, before.expiry_ms, before.parts_expiry_ms};
    }
    case Effect::Kind::kAdd: {
      std::int64_t number = 0;
      if (old && old->bytes.size() == sizeof number) std::memcpy(&number, old->bytes.data(), sizeof number);
      number =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + static_cast<std::uint64_t>(effect.amount));
      return integer(number, before);
    }
    case Effect::Kind::kPatch: {
      if (!old) return std::nullopt;
      Value value = *old;
      const auto from = static_cast<std::size_t>(effect.amount);
      if (from < value.bytes.size()) {
        const std::size_t size = std::min(effect.value.size(), value.bytes.size() - from);
        value.bytes.replace(from, size, effect.value, 0, size);
      }
      return value;
    }
    case Effect::Kind::kExpire: {
      if (!old) return std::nullopt;
      Value value = *old;
      value.expiry_ms = effect.amount;
      return value;
    }
    case Effect::Kind::kExpireParts: {
      if (!old) return std::nullopt;
      Value value = *old;
      value.parts_expiry_ms = effect.amount;
      return value;
    }
    default:
      return std::nullopt;
  }
}

std::string describe(const Effect& effect) {
  constexpr const char* kKinds[] = {"set",          "append", "add",   "patch", "expire",
                                    "expire parts", "delete", "flush", "swap"};
  return std::string(kKinds[static_cast<unsigned>(effect.kind)]) + " " + std::to_string(effect.database) + "/" +
         effect.key.substr(0, 40) + " " + std::to_string(effect.amount) + " [" + std::to_string(effect.value.size()) +
         (effect.was_absent ? " bytes, was absent]" : " bytes]");
}

}  // namespace terrace::simulation
