// The team's threads and barrier.
#include "team.hpp"

#include <cstdlib>
#include <thread>
#include <vector>

#include "cpus.hpp"

namespace klayer {
namespace {

constexpr int SPINS = 50, YIELDS = 300;

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

} // namespace

void tell(std::atomic<unsigned>& word, unsigned value) {
    word.store(value, std::memory_order_seq_cst); // seen before it is asked whether anyone sleeps
    word.notify_all();
}

unsigned await(const std::atomic<unsigned>& word, unsigned old) {
    for (int turn = 0;; ++turn) {
        const unsigned found = word.load(std::memory_order_acquire);
        if (found != old) return found;
        if (turn < SPINS)
            pause();
        else if (turn < SPINS + YIELDS)
            std::this_thread::yield();
        else
            word.wait(old, std::memory_order_acquire);
    }
}

struct alignas(2 * 64) Barrier::Word { // lines of the cache are fetched in pairs
    std::atomic<unsigned> rounds{0}; // that its member has come to
};

Barrier::Barrier(int members) : words_(new Word[static_cast<std::size_t>(members)]) {}

Barrier::~Barrier() { delete[] words_; }

void Barrier::wait(int member, int members) {
    std::atomic<unsigned>& own = words_[member].rounds;
    const unsigned old = own.load(std::memory_order_relaxed);
    tell(own, old + 1);
    for (int other = 0; other < members; ++other)
        if (other != member) await(words_[other].rounds, old);
}

void Barrier::admit(int members) {
    const unsigned rounds = words_[0].rounds.load(std::memory_order_relaxed);
    for (int member = 1; member < members; ++member) {
        std::atomic<unsigned>& theirs = words_[member].rounds;
        if (theirs.load(std::memory_order_relaxed) != rounds)
            theirs.store(rounds, std::memory_order_relaxed);
    }
}

void Crew::wait() const {
    if (size > 1) barrier->wait(index, size);
}

Range Crew::share(Index count) const {
    return {count * index / size, count * (index + 1) / size};
}

bool shares_all() { return std::getenv("KLAYER_NATIVE_SHARE") != nullptr; }

namespace {

struct Team {
    void (*work)(void*, const Crew&);
    void* context;
    Barrier barrier;
    Seats seats;
    std::atomic<unsigned> size{0}; // until it is known how many threads the system granted
};

struct Member {
    Team* team;
    int index;
    pthread_t thread;
};

void* join_in(void* self) {
    const Member& member = *static_cast<Member*>(self);
    Team& team = *member.team;
    team.seats.rise();
    const int size = static_cast<int>(await(team.size, 0));
    team.work(team.context, {member.index, size, &team.barrier});
    return nullptr;
}

} // namespace

void run_team(int threads, void (*work)(void*, const Crew&), void* context) {
    Team team{work, context, Barrier(threads), {}, {}};
    std::vector<Member> others(static_cast<std::size_t>(threads) - 1);
    int size = 1;
    for (Member& member : others) {
        member = {&team, size, {}};
        const auto start = [&](const pthread_attr_t* seat) {
            return pthread_create(&member.thread, seat, join_in, &member) == 0;
        };
        if (!start(team.seats.next()) && !start(nullptr)) // a sandbox may refuse to place threads
            break;                                        // fewer threads do the same work
        ++size;
    }
    tell(team.size, static_cast<unsigned>(size));
    work(context, {0, size, &team.barrier});
    for (int i = 1; i < size; ++i) pthread_join(others[i - 1].thread, nullptr);
}

} // namespace klayer
