"""What other people import: the segmenter, and the reader of word vectors. It needs numpy and xxhash, and jieba to
cut."""

from ciliu.protect import Protect
from ciliu.segmenter import Segmenter
from ciliu.vectors import Vectors

__all__ = ["Protect", "Segmenter", "Vectors"]
