// The number of threads that share an update, by trial.
#include "pace.hpp"

#include <algorithm>
#include <chrono>

#include "cpus.hpp"

namespace klayer {
namespace {

constexpr unsigned SIZES = 1 << 16;
constexpr double SECONDS = 4e-3, SECONDS_OF_A_TRIAL = 2e-3; // of a stretch
constexpr double WAKING = 1e-3; // until a thread has a core: it takes longer where others have them
constexpr double SLOWER = 1.5;  // than usual: something has happened
constexpr double GAIN = 0.96; // of the time is what fewer threads must take: more may only be late
constexpr int REMEMBERED = 16; // stretches: beside other programs a few are lucky
constexpr Index SOON = 2, LATER = 16, LATE = 64, LATEST = 1024; // stretches until the next trial

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

int size_of(int most, int level) { return std::max(1, most >> level); }

} // namespace

Pace::Pace(int threads) : barrier_(threads), length_(SOON), rest_(SOON), later_(LATER) {}

void Pace::Mean::add(double found) {
    count = std::min(count + 1, REMEMBERED);
    seconds += (found - seconds) / count;
}

Crew Pace::lead(int most, Index steps) {
    const double time = now();
    if (begin_ > 0) note((time - since_) / static_cast<double>(end_ - begin_), most);
    since_ = time;
    begin_ = end_;
    end_ = std::min(steps, begin_ + length_);
    const int size = begin_ < steps ? size_of(most, level_) : 0;
    barrier_.admit(size);
    cpu_ = this_cpu();
    const unsigned number = stretch_.load(std::memory_order_relaxed) / SIZES + 1;
    tell(stretch_, number * SIZES + static_cast<unsigned>(size));
    return {0, size, &barrier_};
}

Crew Pace::follow(int index, unsigned& seen) {
    seen = await(stretch_, seen);
    if (index < static_cast<int>(seen % SIZES) && this_cpu() == cpu_) leave(cpu_);
    return {index, static_cast<int>(seen % SIZES), &barrier_};
}

void Pace::note(double seconds, int most) {
    const Mean& usual = means_[kept_];
    const bool late = usual.count > 0 && seconds > SLOWER * usual.seconds;
    if (first_ && seconds <= SLOWER * usual.seconds + WAKING) {
        first_ = false; // caches were cold; and now for longer
    } else {
        means_[level_].add(seconds);
        first_ = false;
        if (level_ != kept_) {
            judge(seconds);
        } else {
            if (late && size_of(most, level_) > 1) rest_ = 1;
            first_ = --rest_ <= 0;
            if (first_) level_ = next_level(most);
        }
    }
    const double wanted = level_ == kept_ ? SECONDS : SECONDS_OF_A_TRIAL;
    const double each = usual.count > 0 ? means_[kept_].seconds : seconds;
    length_ = first_ ? 1 : std::max<Index>(1, static_cast<Index>(wanted / each));
}

// Ends a trial: the level that is faster stays.
void Pace::judge(double seconds) {
    const bool fewer = level_ > kept_;
    const double usual = means_[kept_].seconds;
    if (means_[level_].seconds < (fewer ? GAIN : 1.0) * usual) {
        kept_ = level_;
        rest_ = SOON;
        later_ = LATER;
        return;
    }
    level_ = kept_;
    if (fewer) {
        rest_ = LATE;
    } else if (seconds < usual) { // it may have become faster
        rest_ = SOON;
        later_ = LATER;
    } else {
        rest_ = later_;
        later_ = std::min(2 * later_, LATEST);
    }
}

int Pace::next_level(int most) {
    const int size = size_of(most, level_);
    fewer_ = size == 1 ? false : level_ == 0 || !fewer_;
    return fewer_ ? level_ + 1 : level_ - 1;
}

} // namespace klayer
