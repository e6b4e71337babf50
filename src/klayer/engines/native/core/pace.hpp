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
    // The crew of the next stretch of `steps` updates as the first member sees it, once that crew
    // has done the last one; it is empty at the end.
    Crew lead(int most, Index steps);
    // The same for another member, whose index may lie beyond it; `seen` is where it remembers
    // which stretch it saw last, 0 at first.
    Crew follow(int index, unsigned& seen);
    Range updates() const { return {begin_, end_}; } // of the stretch, for its crew

  private:
    void note(double seconds, int most);
    void fail();
    int next_size(int most);

    std::atomic<unsigned> stretch_{0}; // its number, and in the lower half the size of its crew
    Barrier barrier_{1};
    Index begin_ = 0, end_ = 0;
    int size_ = 0, kept_ = 0;                         // 0: not begun
    Index length_ = 2, rest_ = 2, later_ = 16;        // updates; notes until another size is tried
    enum { usual, first, whole } trial_ = usual;      // of another size: one update, then several
    bool fewer_ = true;
    double usual_ = 0, since_ = 0; // seconds of an update, and when the stretch began
};

} // namespace klayer
