# coding: utf-8
"""Make the old models of this folder, with the gensim that the Python at hand has (2.7 or 3; gensim 0.10 to 3.8).

    PYTHON make.py FOLDER

``FOLDER/model`` is a full model with both objectives and every array in a file of its own, as large models are saved.
``FOLDER/one`` is the same in a single file. ``FOLDER/bytes`` (Python 2) has words that were given as byte strings.
``FOLDER/words`` holds the vectors alone, where gensim had a class for that.
"""

from __future__ import unicode_literals

import io
import os
import sys

import numpy
from gensim.models import Word2Vec

# 微信 WeChat, 电脑 computer, 朋友 friend, 聊天 to chat, 喜欢 to like, 用 to use
SENTENCES = ["微信 朋友 聊天 用 微信", "电脑 朋友 用 喜欢 电脑 微信", "喜欢 用 电脑 微信"] * 3


def train(sentences):
    size = {"iter": 5, "size": 4}
    try:
        return Word2Vec(sentences, sg=1, hs=1, negative=3, min_count=2, window=3, sample=0, seed=7, workers=1, **size)
    except TypeError:
        raise SystemExit("this gensim is 4 or newer")


def main(folder):
    os.makedirs(folder)
    sentences = [sentence.split() for sentence in SENTENCES]
    model = train(sentences)
    model.save(os.path.join(folder, "model"), sep_limit=0)
    model.save(os.path.join(folder, "one"))
    if sys.version_info[0] == 2:
        train([[word.encode("utf-8") for word in sentence] for sentence in sentences]).save(
            os.path.join(folder, "bytes")
        )
    if hasattr(model, "wv") and hasattr(model.wv, "save"):
        model.wv.save(os.path.join(folder, "words"))
    words = getattr(model, "wv", model)
    with io.open(os.path.join(folder, "expected.tsv"), "w", encoding="utf-8") as file:
        for word in words.index2word:
            row = [words.vocab[word].count] + [repr(float(value)) for value in numpy.asarray(words[word])]
            file.write(word + "".join("\t%s" % value for value in row) + "\n")


main(sys.argv[1])
