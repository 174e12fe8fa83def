// Each of these shows, over many seeds, both what a power cut may do and what it may not.
#include "tests/simulation/media.h"

#include <gtest/gtest.h>

#include <set>

namespace terrace::simulation {
namespace {

constexpr std::uint64_t kSector = io::kSectorSize;
constexpr std::uint64_t kCapacity = 1 << 20;

std::vector<std::byte> sectors(std::uint64_t count, char fill) {
  return std::vector<std::byte>(count * kSector, static_cast<std::byte>(fill));
}
char first_byte(const Media& media, const Media::File& file, std::uint64_t sector) {
  std::byte value;
  media.read(file, sector * kSector, {&value, 1});
  return static_cast<char>(value);
}

// A media with one durable file "f" of `count` sectors of 'o'.
struct Fixture {
  explicit Fixture(std::uint64_t seed, std::uint64_t count = 8) : random(seed), media(kCapacity) {
    file = media.create("f", false);
    media.write(*file, 0, sectors(count, 'o'));
    media.sync(*file, media.mark());
    media.sync_directory("", media.mark());
  }
  std::string after_crash(double survival, std::uint64_t count = 8) {
    media.crash(random, survival);
    std::string content;
    for (std::uint64_t sector = 0; sector < count; ++sector) content += first_byte(media, *media.find("f"), sector);
    return content;
  }
  Random random;
  Media media;
  Media::FilePointer file;
};

TEST(MediaTest, UnsyncedSectorsSurviveAsAnySubset) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Fixture fixture(seed, 3);
    fixture.media.write(*fixture.file, 0, sectors(3, 'n'));
    outcomes.insert(fixture.after_crash(0.5, 3));
  }
  EXPECT_EQ(outcomes.size(), 8u);  // not prefixes only
}

TEST(MediaTest, SyncedSectorsNeverVanish) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Fixture fixture(seed);
    fixture.media.write(*fixture.file, 0, sectors(8, 'n'));
    fixture.media.sync(*fixture.file, fixture.media.mark());
    EXPECT_EQ(fixture.after_crash(0), "nnnnnnnn");
  }
}

TEST(MediaTest, ASyncCoversOnlyWhatWasCompleteWhenItWasIssued) {
  Fixture fixture(1);
  fixture.media.write(*fixture.file, 0, sectors(1, 'a'));
  const std::uint64_t mark = fixture.media.mark();
  fixture.media.write(*fixture.file, kSector, sectors(1, 'b'));
  fixture.media.sync(*fixture.file, mark);
  EXPECT_EQ(fixture.after_crash(0), "aooooooo");
}

TEST(MediaTest, OverlappingUnsyncedWritesMayLeaveAnyVersion) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Fixture fixture(seed, 1);
    fixture.media.write(*fixture.file, 0, sectors(1, 'a'));
    fixture.media.write(*fixture.file, 0, sectors(1, 'b'));
    outcomes.insert(fixture.after_crash(0.5, 1));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"o", "a", "b"}));
}

TEST(MediaTest, LiveContentIsWhatTheProcessWroteUntilThePowerGoes) {
  Fixture fixture(1);
  fixture.media.write(*fixture.file, 0, sectors(1, 'n'));
  EXPECT_EQ(first_byte(fixture.media, *fixture.file, 0), 'n');
  EXPECT_EQ(fixture.after_crash(0), "oooooooo");
}

TEST(MediaTest, AfterAFailedSyncNoLaterSyncMakesTheWritesDurable) {
  bool vanished_at_once = false;
  bool stayed_visible = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Fixture fixture(seed);
    fixture.media.write(*fixture.file, 0, sectors(8, 'n'));
    fixture.media.fail_sync(*fixture.file, fixture.media.mark(), fixture.random);
    fixture.media.sync(*fixture.file, fixture.media.mark());
    (first_byte(fixture.media, *fixture.file, 0) == 'n' ? stayed_visible : vanished_at_once) = true;
    EXPECT_EQ(fixture.after_crash(0), "oooooooo");
  }
  EXPECT_TRUE(vanished_at_once && stayed_visible);
}

TEST(MediaTest, AfterAFailedSyncAPowerCutMayKeepTheWrites) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed, 2);
    fixture.media.write(*fixture.file, 0, sectors(2, 'n'));
    fixture.media.fail_sync(*fixture.file, fixture.media.mark(), fixture.random);
    fixture.media.sync(*fixture.file, fixture.media.mark());
    outcomes.insert(fixture.after_crash(0.5, 2));
  }
  EXPECT_EQ(outcomes.size(), 4u);
}

TEST(MediaTest, WhatIsWrittenAndSyncedOverAWriteThatIsNotStays) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed, 3);
    fixture.media.write(*fixture.file, 0, sectors(3, 'u'));
    fixture.media.write(*fixture.file, 0, sectors(2, 'n'));
    fixture.media.sync(*fixture.file, fixture.media.mark(), 0, 2 * kSector);
    if (seed % 2 == 0) fixture.media.sync(*fixture.file, fixture.media.mark());
    const std::string kept = fixture.after_crash(0.5, 3);
    EXPECT_EQ(kept.substr(0, 2), "nn");
    if (seed % 2 == 0) {
      EXPECT_EQ(kept[2], 'u');
    }
  }
}

TEST(MediaTest, WhatIsWrittenAndSyncedOverALostWriteStays) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed, 2);
    fixture.media.write(*fixture.file, 0, sectors(2, 'l'));
    fixture.media.fail_sync(*fixture.file, fixture.media.mark(), fixture.random);
    fixture.media.write(*fixture.file, 0, sectors(1, 'n'));
    fixture.media.sync(*fixture.file, fixture.media.mark());
    EXPECT_EQ(fixture.after_crash(0.9, 2)[0], 'n');
  }
}

TEST(MediaTest, AnUnsyncedSizeMayRevertAndTakesTheContentWithIt) {
  std::set<std::uint64_t> sizes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed, 1);
    fixture.media.set_size(*fixture.file, 4 * kSector);
    fixture.media.write(*fixture.file, kSector, sectors(1, 'n'));
    fixture.media.crash(fixture.random, 0.5);
    sizes.insert(fixture.file->live_size);
    if (fixture.file->live_size == kSector) {
      EXPECT_EQ(first_byte(fixture.media, *fixture.file, 1), 0);
    }
  }
  EXPECT_EQ(sizes, (std::set<std::uint64_t>{kSector, 4 * kSector}));
}

TEST(MediaTest, AllocatedButUnwrittenSectorsAreZeros) {
  Fixture fixture(1, 1);
  fixture.media.set_size(*fixture.file, 4 * kSector);
  fixture.media.sync(*fixture.file, fixture.media.mark());
  EXPECT_EQ(fixture.after_crash(0, 4), std::string("o\0\0\0", 4));
}

TEST(MediaTest, AnUnsyncedNameMayVanishAndASyncedOneDoesNot) {
  bool kept = false;
  bool vanished = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed);
    const auto made = fixture.media.create("g", false);
    fixture.media.write(*made, 0, sectors(1, 'g'));
    fixture.media.sync(*made, fixture.media.mark());  // of the content only
    fixture.media.crash(fixture.random, 0.5);
    EXPECT_NE(fixture.media.find("f"), nullptr);
    const auto found = fixture.media.find("g");
    (found ? kept : vanished) = true;
    if (found) {
      EXPECT_EQ(first_byte(fixture.media, *found, 0), 'g');
    }
  }
  EXPECT_TRUE(kept && vanished);
}

TEST(MediaTest, AnUnsyncedUnlinkMayComeBack) {
  std::set<bool> there;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed);
    fixture.media.unlink("f");
    EXPECT_EQ(fixture.media.find("f"), nullptr);
    fixture.media.crash(fixture.random, 0.5);
    const auto found = fixture.media.find("f");
    there.insert(found != nullptr);
    if (found) {
      EXPECT_EQ(first_byte(fixture.media, *found, 7), 'o');
    }
  }
  EXPECT_EQ(there.size(), 2u);
}

TEST(MediaTest, ARenamesTargetNamesTheOldOrTheNewFile) {
  std::set<char> contents;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed);
    const auto made = fixture.media.create("f.new", false);
    fixture.media.write(*made, 0, sectors(1, 'n'));
    fixture.media.sync(*made, fixture.media.mark());
    fixture.media.rename("f.new", "f");
    fixture.media.crash(fixture.random, 0.5);
    ASSERT_NE(fixture.media.find("f"), nullptr);
    contents.insert(first_byte(fixture.media, *fixture.media.find("f"), 0));
  }
  EXPECT_EQ(contents, (std::set<char>{'o', 'n'}));
}

TEST(MediaTest, ASyncedRenameStaysAndItsSourceIsGone) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Fixture fixture(seed);
    fixture.media.create("f.new", false);
    fixture.media.rename("f.new", "f");
    fixture.media.sync_directory("", fixture.media.mark());
    fixture.media.crash(fixture.random, 0.5);
    EXPECT_EQ(fixture.media.find("f")->live_size, 0u);
    EXPECT_EQ(fixture.media.find("f.new"), nullptr);
  }
}

TEST(MediaTest, WhatStandsInAVanishedDirectoryIsGone) {
  Fixture fixture(1);
  fixture.media.create("d", true);
  fixture.media.create("d/g", false);
  fixture.media.sync_directory("d", fixture.media.mark());
  fixture.media.crash(fixture.random, 0);
  EXPECT_EQ(fixture.media.find("d"), nullptr);
  EXPECT_EQ(fixture.media.find("d/g"), nullptr);
}

TEST(MediaTest, SpaceIsFreedWhenTheLastNameAndHandleAreGone) {
  Fixture fixture(1);
  const std::uint64_t used = fixture.media.used();
  fixture.media.opened(*fixture.file);
  fixture.media.unlink("f");
  EXPECT_EQ(fixture.media.used(), used);
  fixture.media.closed(*fixture.file);
  EXPECT_EQ(fixture.media.used(), 0u);
}

TEST(MediaTest, AFlippedByteIsPutBackUnlessItsSectorWasWrittenSince) {
  Fixture fixture(1, 2);
  ASSERT_TRUE(fixture.media.flip(fixture.file, 0, std::byte{1}));
  ASSERT_TRUE(fixture.media.flip(fixture.file, kSector, std::byte{1}));
  EXPECT_EQ(first_byte(fixture.media, *fixture.file, 0), 'o' ^ 1);
  fixture.media.write(*fixture.file, kSector, sectors(1, 'n'));
  fixture.media.sync(*fixture.file, fixture.media.mark());
  fixture.media.undo_flips();
  EXPECT_EQ(first_byte(fixture.media, *fixture.file, 0), 'o');
  EXPECT_EQ(first_byte(fixture.media, *fixture.file, 1), 'n');
}

}  // namespace
}  // namespace terrace::simulation
