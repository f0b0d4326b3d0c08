"""What other people import: bundles (``load``), the segmenter, the reader of word vectors. It needs numpy and
xxhash, and jieba to cut."""

from ciliu.bundle import Bundle, load
from ciliu.protect import Protect
from ciliu.segmenter import Segmenter
from ciliu.vectors import Vectors

__all__ = ["Bundle", "Protect", "Segmenter", "Vectors", "load"]
