// How many of a team's threads share each update: as many as are fastest just now, found by the
// clock while training goes on. Any number of them gives the same bits. Small networks are faster
// alone than with many who wait for each other, and so are larger ones while other programs have
// the cores.
#pragma once

#include "team.hpp"

namespace klayer {

class Pace {
  public:
    // Those who share the next updates, as a member of the team sees them; the others have an index
    // beyond their number.
    Crew crew(const Crew& team);
    Index updates() const { return updates_; } // until the next note

    // Takes note that so many updates were done since the last note; by the team's first member
    // while the others wait.
    void note(const Crew& team, Index updates);

  private:
    int next_size(int most);
    void choose(double seconds, int most);

    Barrier inner_{1};
    int size_ = 0, kept_ = 0;   // 0: everyone
    Index updates_ = 4, rest_ = 2; // notes until another number is tried
    bool tries_ = false, fewer_ = true;
    double usual_ = 0, since_ = 0; // seconds of an update, and when the last note was
};

} // namespace klayer
