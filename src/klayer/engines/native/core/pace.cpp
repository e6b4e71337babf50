// The number of threads that share an update, by trial.
#include "pace.hpp"

#include <algorithm>
#include <chrono>

namespace klayer {
namespace {

constexpr double SECONDS = 4e-3, SECONDS_OF_A_TRIAL = 2e-3; // between two notes
constexpr double GAIN = 0.96; // of the time is what fewer threads must take: more may only be late
constexpr Index SOON = 2, LATER = 16, LATE = 64; // notes until the next trial

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

Crew Pace::crew(const Crew& team) {
    const int size = size_ == 0 ? team.size : size_;
    return {team.index, size, size == team.size ? team.barrier : &inner_};
}

void Pace::note(const Crew& team, Index updates) {
    const double time = now(), seconds = (time - since_) / static_cast<double>(updates);
    const bool first = since_ == 0;
    since_ = time;
    if (size_ == 0) size_ = team.size;
    if (first) return; // no note before it
    choose(seconds, team.size);
    inner_.reopen(size_);
    const double wanted = tries_ ? SECONDS_OF_A_TRIAL : SECONDS;
    updates_ = std::max<Index>(1, static_cast<Index>(wanted / usual_));
}

void Pace::choose(double seconds, int most) {
    if (tries_) {
        tries_ = false;
        if (seconds < (size_ < kept_ ? GAIN : 1.0) * usual_) {
            usual_ = seconds;
            rest_ = SOON;
        } else {
            rest_ = size_ < kept_ ? LATE : LATER;
            size_ = kept_;
        }
        return;
    }
    usual_ = usual_ == 0 ? seconds : 0.75 * usual_ + 0.25 * seconds;
    if (--rest_ > 0) return;
    tries_ = true;
    kept_ = size_;
    size_ = next_size(most);
}

int Pace::next_size(int most) {
    fewer_ = size_ == 1 ? false : size_ == most || !fewer_;
    return fewer_ ? size_ / 2 : std::min(2 * size_, most);
}

} // namespace klayer
