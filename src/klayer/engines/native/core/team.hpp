// Threads for the length of one call, and how they share work. Nothing outlives the call, so that
// calls from several Python threads and forked processes need no care.
#pragma once

#include <atomic>

#include "job.hpp"

namespace klayer {

struct Range {
    Index begin, end;
};

// Changes a word that others may await.
void tell(std::atomic<unsigned>& word, unsigned value);

// Waits until a word is another, and returns it: spins shortly, then yields, then sleeps, so that
// other processes have the cores meanwhile.
unsigned await(const std::atomic<unsigned>& word, unsigned old);

// Where the members of a team wait for each other: each writes a word of its own and reads all others,
// so that no two write to one line of the cache meanwhile.
class Barrier {
  public:
    explicit Barrier(int members);
    ~Barrier();
    Barrier(const Barrier&) = delete;
    void wait(int member, int members); // for each of the first `members`, of which it is one
    void admit(int members);            // those who were left out of the last rounds, before the next

  private:
    struct Word;
    Word* const words_;
};

// A member's view of the threads that work on one thing together; alone, it never waits.
struct Crew {
    int index;
    int size;
    Barrier* barrier;

    void wait() const;
    Range share(Index count) const; // this member's part of `count` equal pieces
};

// Whether threads share all work, however small, since KLAYER_NATIVE_SHARE is set: for tests.
bool shares_all();

// Calls work(context, crew) on every member of a new team, the caller among them.
void run_team(int threads, void (*work)(void*, const Crew&), void* context);

} // namespace klayer
