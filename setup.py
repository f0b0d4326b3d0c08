"""The native core: optional, so that Ciliu installs without a C compiler too (then jieba itself cuts)."""

from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("ciliu/native")

setup(
    ext_modules=[
        Extension(
            "ciliu._native",
            sources=sorted(str(path) for path in FOLDER.glob("*.c")),
            depends=sorted(str(path) for path in FOLDER.glob("*.h")),
            extra_compile_args=[
                "-std=c11",
                "-O3",
                "-ffp-contract=off",
                "-fvisibility=hidden",
            ],  # exact doubles: no fused multiply-add
            extra_link_args=["-pthread"],  # training in threads
            libraries=["m"],
            optional=True,
        )
    ]
)
