#include "tests/simulation/keyspace.h"

#include <algorithm>

#include "storage/base/limits.h"

namespace terrace::simulation {

namespace {

// "collide:<a>" and "collide:<b>" agree in the low 38 bits of XXH3_64, which is all that an index entry knows of a key;
// found by hashing the first 2^22 such names. Without them a skipped key comparison would hardly ever show.
struct Pair {
  unsigned a;
  unsigned b;
};
constexpr Pair kCollisions[] = {
    {2250793, 3192157}, {2177017, 3460289}, {1268646, 1945989}, {3744234, 3926610}, {2336844, 2680409},
    {1126737, 3867181}, {862913, 1432010},  {2222368, 2444082}, {3133138, 3819786}, {693759, 2595631},
    {2287472, 3862510}, {2481594, 3817288}, {434461, 1380273},  {946612, 1296594},  {1827658, 2674885},
    {2062212, 2085105}, {28656, 925297},    {3785495, 4008467}, {302254, 4172283},  {3447, 383115},
    {2187050, 2460118}, {181745, 2849399},  {183125, 445653},   {3058821, 3954766}, {1428475, 3029279},
    {2621777, 3895976}, {265225, 1239396},  {2776471, 3693129}, {832126, 1144723},  {1641866, 2633192},
    {3220963, 4074314}, {1788522, 3705820}, {1996686, 2514701}};

constexpr std::uint64_t kKeysPerPair = 16;

}  // namespace

std::string Keyspace::make_name(Random& random, std::uint64_t number) const {
  std::string name = "key:" + std::to_string(number);
  const std::uint64_t kind = random.below(1000);
  if (kind < 20) name.resize(random.between(50, 300), 'k');
  if (kind == 20) name.resize(random.between(1, 2) * storage::kPageSize + random.below(100), 'l');
  if (kind == 21) name.resize(66'000, 'h');  // its size needs more than 16 bits
  return name;
}

Keyspace::Keyspace(const Profile& profile) : largest_value_(profile.largest_value) {
  Random random(mix(profile.seed ^ 0x4B455953));
  for (std::uint64_t number = 0; number < profile.keys; ++number) names_.push_back(make_name(random, number));
  const std::uint64_t pairs = std::min<std::uint64_t>(std::size(kCollisions), 1 + profile.keys / kKeysPerPair);
  const std::uint64_t first = random.below(std::size(kCollisions));
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const Pair& pair = kCollisions[(first + i) % std::size(kCollisions)];
    names_.push_back("collide:" + std::to_string(pair.a));
    names_.push_back("collide:" + std::to_string(pair.b));
  }
  for (std::size_t i = names_.size() - 1; i > 0; --i) std::swap(names_[i], names_[random.below(i + 1)]);
}

const std::string& Keyspace::pick(Random& random) const {
  const std::uint64_t hot = 1 + names_.size() / 20;
  return names_[random.coin() ? random.below(hot) : random.below(names_.size())];
}

std::string Keyspace::value(Random& random) const {
  std::uint64_t size = random.below(8) == 0 ? random.below(largest_value_ + 1)
                                            : random.below(std::min<std::uint64_t>(largest_value_, 128) + 1);
  if (random.below(64) == 0) size = 0;
  std::string bytes(size, '\0');
  // A third compresses to nothing, a third halfway, a third not at all.
  const std::uint64_t alphabet = std::uint64_t{1} << (4 * random.below(3));
  const auto start = static_cast<char>(random.next());
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = random.next();
    for (std::size_t j = i; j < std::min(i + 8, bytes.size()); ++j, word >>= 8) {
      bytes[j] =
          static_cast<char>(static_cast<std::uint64_t>(static_cast<unsigned char>(start)) + (word & (alphabet - 1)));
    }
  }
  return bytes;
}

}  // namespace terrace::simulation
