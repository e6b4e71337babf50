// Figures and logits of many rows by moving statistics. Threads take chunks of rows; a chunk's size
// depends on the stack alone, and the chunks' losses are added in their order.
#pragma once

#include "first_layer.hpp"
#include "frequencies.hpp"
#include "step.hpp"

namespace klayer::KLAYER_ISA {

constexpr Index ENOUGH_IN_AN_EVALUATION = 1 << 24; // products for a thread to be worth starting

template <class T, class From> class Evaluator {
  public:
    Evaluator(const Evaluation& job, Memory& memory, const From& source)
        : job_(job), source_(source), spectrum_(job.samples.frequencies, memory),
          chosen_(job.stack, false, memory), stack_(job.stack, chosen_.count, 0, memory) {
        stack_.take_up(chosen_.positions, chosen_.count);
        const Index room = (Index{1} << 20) / (pairs_of<T>(source.inputs) * stack_.rows);
        chunk_ = larger(128, smaller(256, room / LANES<T> * LANES<T>)); // W_1 is split for each
        chunks_ = parts_of(job.count, chunk_);
        losses_ = take<double>(memory, chunks_ * stack_.networks);
        right_ = take<double>(memory, chunks_ * stack_.networks);
        Index products = 0;
        for (Index l = 1; l <= stack_.depth; ++l)
            products += job.count * stack_.networks * stack_.layers[l].width * stack_.layers[l].below;
        const Index enough =
            shares_all() ? chunks_ : smaller(chunks_, products / ENOUGH_IN_AN_EVALUATION);
        threads_ = static_cast<int>(smaller(job.threads, larger(1, enough)));
        desks_ = take<Desk>(memory, threads_);
        for (int i = 0; i < threads_; ++i) {
            T* made = take<T>(memory, spectrum_.size() * chunk_);
            desks_[i] = {Trace<T>(stack_, chunk_, memory),
                         {reader(made), stack_.rows, chunk_, chunk_, 1, false, memory},
                         take<std::int64_t>(memory, chunk_), spectrum_.take_room(memory), made};
        }
        places_ = take_places(chunk_, memory);
    }

    void run() {
        run_team(threads_,
                 [](void* self, const Crew& team) { static_cast<Evaluator*>(self)->member(team); },
                 this);
        if (job_.logits != nullptr) return;
        for (Index p = 0; p < stack_.networks; ++p) {
            double loss = 0, right = 0;
            for (Index chunk = 0; chunk < chunks_; ++chunk) {
                loss += losses_[chunk * stack_.networks + p];
                right += right_[chunk * stack_.networks + p];
            }
            job_.cross_entropy[p] = loss / static_cast<double>(job_.count);
            job_.accuracy[p] = right / static_cast<double>(job_.count);
        }
    }

  private:
    // What one thread works on.
    struct Desk {
        Trace<T> trace;
        FirstLayer<T, From> first;
        std::int64_t* y;
        T *room, *made; // of a picture, and of a chunk's frequencies
    };

    void member(const Crew& team) {
        const Desk& desk = desks_[team.index];
        const Range mine = team.share(chunks_);
        const Crew alone = {0, 1, nullptr};
        for (Index chunk = mine.begin; chunk < mine.end; ++chunk) {
            const Index begin = chunk * chunk_, n = smaller(chunk_, job_.count - begin);
            const std::int64_t* rows = job_.rows + begin;
            for (Index i = 0; i < n; ++i) desk.y[i] = job_.samples.y[rows[i]];
            make_frequencies(desk, rows, n);
            Batch<T> batch = {spectrum_.size() > 0 ? places_ : rows, {}, 0, n, parts_of(n, LANES<T>),
                              0, chunk_, nullptr};
            desk.first.read(stack_, alone, batch);
            for (Index network = 0; network < stack_.networks; ++network) {
                Pass<T> one(stack_, network, batch, desk.trace, nullptr, alone);
                one.hidden(0, nullptr);
                one.logits();
                if (job_.logits != nullptr)
                    copy_logits(desk, network, begin, n);
                else
                    judge(desk, network, chunk, n);
            }
        }
        if (job_.logits == nullptr) penalise(team);
    }

    // Where the first layer reads: of frequencies, what is made of a chunk.
    From reader(T* made) const {
        if constexpr (std::is_same_v<typename From::Raw, T>)
            if (spectrum_.size() > 0) return source_.of(made);
        return source_;
    }

    void make_frequencies(const Desk& desk, const std::int64_t* rows, Index n) const {
        if (spectrum_.size() == 0) return;
        for (Index i = 0; i < n; ++i)
            spectrum_.read(picture_at(job_.samples, rows[i]), desk.room,
                           desk.made + i * spectrum_.size());
    }

    void judge(const Desk& desk, Index network, Index chunk, Index n) {
        const Index last = stack_.depth, classes = stack_.layers[last].width;
        T* S = desk.trace.H[last];
        Index right = 0;
        for (Index i = 0; i < n; ++i) right += largest(S + i, classes) == desk.y[i];
        const Labels<T> labels = {desk.y, nullptr, 0, n};
        cross_entropy(classes, {0, parts_of(n, LANES<T>)}, labels, S, desk.trace.dS[last],
                      desk.trace.totals, desk.trace.losses, chunk_);
        double loss = 0;
        for (Index i = 0; i < n; ++i) loss += desk.trace.losses[i];
        losses_[chunk * stack_.networks + network] = loss;
        right_[chunk * stack_.networks + network] = static_cast<double>(right);
    }

    // The first class whose logit is largest, or the first that is not a number, as NumPy's argmax.
    Index largest(const T* S, Index classes) const {
        Index best = 0;
        for (Index c = 1; c < classes; ++c) {
            const T high = S[best * chunk_], logit = S[c * chunk_];
            if (high == high && !(logit <= high)) best = c;
        }
        return best;
    }

    void copy_logits(const Desk& desk, Index network, Index begin, Index n) {
        const Index last = stack_.depth, classes = stack_.layers[last].width;
        T* to = static_cast<T*>(job_.logits) + (network * job_.count + begin) * classes;
        for (Index i = 0; i < n; ++i)
            for (Index c = 0; c < classes; ++c)
                to[i * classes + c] = desk.trace.H[last][c * chunk_ + i];
    }

    // Σ_l ‖W_l‖² of this thread's networks.
    void penalise(const Crew& team) {
        const Range mine = team.share(stack_.networks);
        for (Index network = mine.begin; network < mine.end; ++network) {
            double& total = job_.penalty[network] = 0;
            for (Index l = 1; l <= stack_.depth; ++l) {
                const Layer<T> layer = layer_of(stack_, network, l);
                total += squares_of(layer.W, layer.width * layer.stride);
            }
        }
    }

    const Evaluation& job_;
    const From& source_;
    const Spectrum<T> spectrum_;
    const Chosen chosen_;
    Parameters<T> stack_;
    Index chunk_, chunks_;
    int threads_;
    double *losses_, *right_;
    Desk* desks_;
    std::int64_t* places_;
};

template <class T> void evaluate(const Evaluation& job) {
    Memory memory;
    with_source<T>(job.samples, job.stack.widths[0], memory, [&](const auto& source) {
        Evaluator<T, std::decay_t<decltype(source)>>(job, memory, source).run();
    });
}

} // namespace klayer::KLAYER_ISA
