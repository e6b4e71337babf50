// The number of threads that share an update, by trial.
#include "pace.hpp"

#include <algorithm>
#include <chrono>

#include "cpus.hpp"

namespace klayer {
namespace {

constexpr unsigned SIZES = 1 << 16;
// Seconds of a stretch at most. From one update on it grows twofold, while updates take what they
// did: a crew that must wait for a core cannot end it early.
constexpr double LONGEST = 4e-3, LONGEST_OF_A_TRIAL = 0.25e-3;
constexpr double TRIAL = 2e-3;
constexpr double WAKING = 1e-3; // until a thread has a core: it takes longer where others have them
constexpr double SLOWER = 1.5;  // than usual: something has happened
constexpr double GAIN = 0.96; // of the time is what fewer threads must take: more may only be late
constexpr int REMEMBERED = 16; // stretches: beside other programs a few are lucky
constexpr double SOON = 1e-3, LATER = 8e-3, LATE = 0.25, LATEST = 4; // until the next trial
constexpr double FORGOTTEN = 1; // after a call

// What this thread's last call found out: how many threads are best, and for how long.
thread_local struct {
    Index work = -1;
    int size = 0;
    double rest = 0, later = 0, when = 0;
} last;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

int size_of(int most, int level) { return std::max(1, most >> level); }

} // namespace

Pace::Pace(int threads, Index work)
    : barrier_(threads), rest_(SOON), later_(LATER), work_(work) {}

void Pace::recall(int most) {
    if (last.work != work_ || now() - last.when > FORGOTTEN) return;
    while (size_of(most, kept_) > last.size) ++kept_;
    level_ = kept_;
    rest_ = last.rest;
    later_ = last.later;
}

void Pace::remember(int most) const {
    last = {work_, size_of(most, kept_), std::max(SOON, rest_ - rested_), later_, now()};
}

void Pace::Mean::add(double found) {
    count = std::min(count + 1, REMEMBERED);
    seconds += (found - seconds) / count;
}

Crew Pace::lead(int most, Index steps) {
    const double time = now();
    if (end_ == 0)
        recall(most);
    else
        note(time - since_, end_ - begin_, most);
    since_ = time;
    begin_ = end_;
    end_ = std::min(steps, begin_ + length_);
    if (begin_ == steps) remember(most);
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

void Pace::note(double seconds, Index updates, int most) {
    const double each = seconds / static_cast<double>(updates);
    const double usual = means_[kept_].seconds;
    const bool slow = usual > 0 && each > SLOWER * usual;
    const bool waking = first_ && each <= SLOWER * usual + WAKING; // and caches were cold
    first_ = false;
    if (!waking && level_ == kept_) {
        means_[kept_].add(each);
        rest(seconds, slow, most);
    } else if (!waking) {
        trial_.seconds += seconds;
        trial_.updates += updates;
        if (slow || trial_.seconds >= TRIAL) judge();
    }
    const double longest = level_ == kept_ ? LONGEST : LONGEST_OF_A_TRIAL;
    const Index most_updates = std::max<Index>(1, static_cast<Index>(longest / each));
    length_ = first_ || slow ? 1 : std::min(2 * length_, most_updates);
}

// Goes on with those kept, until it is time to try others.
void Pace::rest(double seconds, bool slow, int most) {
    rested_ += seconds;
    const bool alone = size_of(most, level_) == 1;
    if (rested_ < rest_ && (!slow || alone)) return;
    fewer_ = !alone && (level_ == 0 || !fewer_);
    level_ += fewer_ ? 1 : -1;
    trial_ = {};
    first_ = true;
}

// Ends a trial: the level that is faster stays.
void Pace::judge() {
    const double found = trial_.seconds / static_cast<double>(trial_.updates);
    const double usual = means_[kept_].seconds;
    const bool fewer = level_ > kept_;
    means_[level_].add(found);
    rested_ = 0;
    if (means_[level_].seconds < (fewer ? GAIN : 1.0) * usual) {
        kept_ = level_;
        rest_ = SOON;
        later_ = LATER;
        return;
    }
    level_ = kept_;
    if (fewer) {
        rest_ = LATE;
        first_ = true; // those who were left out wake
    } else if (found < usual) { // it may have become faster
        rest_ = SOON;
        later_ = LATER;
    } else {
        rest_ = later_;
        later_ = std::min(2 * later_, LATEST);
    }
}

} // namespace klayer
