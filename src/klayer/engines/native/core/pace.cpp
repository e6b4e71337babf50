// The number of threads that share an update, by trial.
#include "pace.hpp"

#include <algorithm>
#include <chrono>

namespace klayer {
namespace {

constexpr unsigned SIZES = 1 << 16;
constexpr double SECONDS = 4e-3, SECONDS_OF_A_TRIAL = 2e-3; // of a stretch
constexpr double WAKING = 1e-3; // until a thread has a core: it takes longer where others have them
constexpr double SLOWER = 1.5;  // than usual: something has happened
constexpr double GAIN = 0.96; // of the time is what fewer threads must take: more may only be late
constexpr Index SOON = 2, LATER = 16, LATE = 64, LATEST = 1024; // notes until the next trial

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

Crew Pace::lead(int most, Index steps) {
    const double time = now();
    if (size_ == 0) size_ = most;
    if (begin_ > 0) note((time - since_) / static_cast<double>(end_ - begin_), most);
    since_ = time;
    begin_ = end_;
    end_ = std::min(steps, begin_ + length_);
    const int size = begin_ < steps ? size_ : 0;
    barrier_.reopen(size);
    const unsigned number = stretch_.load(std::memory_order_relaxed) / SIZES + 1;
    stretch_.store(number * SIZES + static_cast<unsigned>(size), std::memory_order_release);
    stretch_.notify_all();
    return {0, size, &barrier_};
}

Crew Pace::follow(int index, unsigned& seen) {
    seen = await(stretch_, seen);
    return {index, static_cast<int>(seen % SIZES), &barrier_};
}

void Pace::note(double seconds, int most) {
    if (trial_ == first) {
        trial_ = whole;
        if (seconds > SLOWER * usual_ + WAKING) fail();
    } else if (trial_ == whole) {
        if (seconds < (size_ < kept_ ? GAIN : 1.0) * usual_) {
            usual_ = seconds;
            trial_ = usual;
            rest_ = SOON;
            later_ = LATER;
        } else {
            fail();
        }
    } else {
        const bool late = size_ > 1 && usual_ > 0 && seconds > SLOWER * usual_;
        if (late) rest_ = 1;
        usual_ = usual_ == 0 || late ? seconds : 0.75 * usual_ + 0.25 * seconds;
        if (--rest_ <= 0) {
            trial_ = first;
            kept_ = size_;
            size_ = next_size(most);
        }
    }
    const double wanted = trial_ == usual ? SECONDS : SECONDS_OF_A_TRIAL;
    length_ = trial_ == first ? 1 : std::max<Index>(1, static_cast<Index>(wanted / usual_));
}

void Pace::fail() {
    trial_ = usual;
    rest_ = size_ < kept_ ? LATE : later_;
    if (size_ > kept_) later_ = std::min(2 * later_, LATEST);
    size_ = kept_;
}

int Pace::next_size(int most) {
    fewer_ = size_ == 1 ? false : size_ == most || !fewer_;
    return fewer_ ? size_ / 2 : std::min(2 * size_, most);
}

} // namespace klayer
