"""Who competes in what, known without importing any library."""

from benchmarks.crew import Entry
from benchmarks.peers.words import RAW, READY
from klayer.engines import available_engines

KLAYER = tuple(
    Entry("klayer_engines", index, f"klayer {engine}", RAW, "klayer")
    for index, engine in enumerate(
        engine for engine in ("native", "reference") if engine in available_engines()
    )
)
NUMPY = (Entry("numpy_plain", 0, "NumPy, plain", READY, "klayer"),)
TORCH_EAGER = (
    Entry("torch_eager", 0, "PyTorch eager, fused SGD", READY),
    Entry("torch_eager", 1, "PyTorch eager", READY),
)
TORCH_EAGER_RAW = (
    Entry("torch_eager", 2, "PyTorch eager, fused SGD", RAW),
    Entry("torch_eager", 3, "PyTorch eager", RAW),
)
TORCH_COMPILE = (Entry("torch_compile", 0, "PyTorch torch.compile", READY),)
JAX = (
    Entry("jax_scan", 0, "JAX jit + scan", READY),
    Entry("jax_scan", 1, "JAX jit + scan", RAW),
)
SCIKIT_LEARN = (Entry("sklearn_mlp", 0, "scikit-learn MLPClassifier", READY),)
STACKS = (
    Entry("torch_stack", 0, "PyTorch stack, torch.func", READY),
    Entry("torch_stack", 1, "PyTorch stack, batched products", READY),
    Entry("jax_vmap", 0, "JAX vmap + scan", READY),
)
ALONE = (*KLAYER, *NUMPY, *TORCH_EAGER, *TORCH_EAGER_RAW, *TORCH_COMPILE, *JAX)
STACKED = (*KLAYER, *STACKS)
