// How many of a team's threads share each update: as many as are fastest just now, found by the
// clock while training goes on. Any number of them gives the same bits. Small networks are faster
// alone than with many who wait for each other, and so are larger ones while other programs have
// the cores. Nobody waits for a thread that has no share: it may sleep, or be kept from a core.
#pragma once

#include "team.hpp"

namespace klayer {

// Updates are done in stretches: the team's first member says who does the next and how long it is.
class Pace {
  public:
    // `threads` at most; `work` tells trainings apart: what the caller's last one found out goes on
    // where it was alike and not long ago.
    Pace(int threads, Index work);
    // The crew of the next stretch of `steps` updates as the first member sees it, once that crew
    // has done the last one; it is empty at the end.
    Crew lead(int most, Index steps);
    // The same for another member, whose index may lie beyond it; `seen` is where it remembers
    // which stretch it saw last, 0 at first.
    Crew follow(int index, unsigned& seen);
    Range updates() const { return {begin_, end_}; } // of the stretch, for its crew

  private:
    // The mean time of an update by so many threads, of the last few stretches.
    struct Mean {
        double seconds = 0;
        int count = 0;
        void add(double found);
    };

    // What another number of threads has done so far.
    struct Trial {
        double seconds = 0;
        Index updates = 0;
    };

    void recall(int most);
    void remember(int most) const;
    void note(double seconds, Index updates, int most);
    void rest(double seconds, bool slow, int most);
    void judge();

    std::atomic<unsigned> stretch_{0}; // its number, and in the lower half the size of its crew
    Barrier barrier_;
    Index begin_ = 0, end_ = 0, length_ = 1; // updates
    int level_ = 0, kept_ = 0; // half as many threads at each: of the stretch, of those not on trial
    bool first_ = true, fewer_ = true; // whether these are the first updates, or a trial's first
    Mean means_[16];                   // by level
    Trial trial_;
    double rested_ = 0, rest_, later_; // seconds: since the last trial, until the next, and after it
    double since_ = 0;                 // when the stretch began, in seconds
    int cpu_ = -1;                     // where the first member then was
    Index work_;
};

} // namespace klayer
