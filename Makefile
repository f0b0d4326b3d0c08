# Two commands for a new user: `make demo` and `make test`.
PYTHON ?= python3
BIN = .venv/bin
SHARED ?= ../shared

.PHONY: install audit demo test test-long lint check lock corpus bench-memory bench-job bench-nothing screenshots explore-screenshots bench-articles bench-evaluate bench-explore bench-bias evaluate-corpora bench-small-files fuzz-articles bench-sql bench-digests exact fuzz sanitize bench-segment bench-pipe bench-stage bench-wiki \
	bench-train bench-kill torture torture-part bench-many-files bench-extend bench-near bench-export test-formats elsewhere bench-others train-edges quality sighan spark-up spark-down spark-kills bench-spark bench-words bench-words-size clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml setup.py $(wildcard ciliu/native/*)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/python demo/get_text.py demo/text
	$(BIN)/ciliu run demo/text --preset demo --data demo/data
	@echo
	$(BIN)/ciliu similar 北京 电脑 喜欢 美国 --data demo/data
	@echo
	@echo "Next: source .venv/bin/activate, then the commands above; your own text: ciliu run FOLDER"

test: install
	$(BIN)/python -m pytest -m "not slow" --numprocesses 2 --dist worksteal

test-long: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: install   # after a change of the dependencies in pyproject.toml
	rm -f requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --output-file requirements.lock

# Larger text out of the corpora in $(SHARED): `make corpus SIZE=1G`
SIZE ?= 1G
corpus: install
	$(BIN)/python benchmarks/corpus.py --size $(SIZE) --shared $(SHARED) --to corpus/$(SIZE)

# New words: how good, beside word-discovery? How long, in how much memory?
bench-words: install
	$(BIN)/python benchmarks/new_words.py --shared $(SHARED)

bench-words-size: install
	$(BIN)/python benchmarks/new_words_size.py --shared $(SHARED) $(WORDS)

bench-memory: install
	$(BIN)/python benchmarks/memory.py --shared $(SHARED)

bench-job: install
	$(BIN)/python benchmarks/job.py --shared $(SHARED)

bench-nothing: install
	$(BIN)/python benchmarks/nothing.py --shared $(SHARED)

# The pictures in docs/, out of a report: make screenshots REPORT=report.html
screenshots: install
	$(BIN)/python demo/screenshots.py $(REPORT) docs

# The pictures of docs/explore.md: make explore-screenshots DATA=demo/data MODELS="RUN RUN2"
DATA = demo/data
explore-screenshots: install
	$(BIN)/python demo/explore_pictures.py $(DATA) $(MODELS)

# Is the native core exactly jieba? Over all texts in $(SHARED): an hour; over random strings: half an hour.
exact: install
	$(BIN)/python benchmarks/exact.py --shared $(SHARED)

# `make fuzz FUZZ="--sanitize --number 1000000"`: on a core with sanitizers
fuzz: install
	$(BIN)/python benchmarks/exact_random.py $(FUZZ)

# `make sanitize TESTS=tests/test_skipgram.py`: tests on a core with sanitizers; cutting has `make fuzz`, training `train-edges`
TESTS = tests/test_native_articles.py
sanitize: install
	$(BIN)/python benchmarks/sanitized_tests.py -q $(TESTS)

bench-segment: install
	$(BIN)/python benchmarks/segment_speed.py --shared $(SHARED)

bench-wiki: install
	$(BIN)/python benchmarks/wiki_dump.py --shared $(SHARED)

bench-pipe: install
	$(BIN)/python benchmarks/segment_pipe.py --shared $(SHARED)

sighan: install
	$(BIN)/python benchmarks/sighan.py --shared $(SHARED)

bench-stage: install
	$(BIN)/python benchmarks/segment_stage.py --shared $(SHARED)

bench-train: install
	$(BIN)/python benchmarks/train_speed.py --shared $(SHARED)

# Kills, full disks, runs at once, damage, power cuts, random order: some three hours; it goes on where it was stopped.
# Parts alone, in any order: make torture TORTURE="--only steps --only kills"
torture: install
	$(BIN)/python benchmarks/torture.py $(TORTURE)

# Ten minutes of it, for CI
torture-part: install
	rm -rf corpus/torture_part
	$(BIN)/python benchmarks/torture.py --work corpus/torture_part --results corpus/torture_part \
		--kills 24 --full 20 --at-once 1 --damages 60 --power-cuts 2 --steps 150

# A hundred trainings killed at random moments: ten minutes
bench-kill: install
	$(BIN)/python benchmarks/train_kill.py --shared $(SHARED)

bench-extend: install
	$(BIN)/python benchmarks/extend.py --shared $(SHARED)

# CA8 over 350,000 words × 256, beside gensim
bench-evaluate: install
	$(BIN)/python benchmarks/evaluate_speed.py --shared $(SHARED)

bench-explore: install
	$(BIN)/python benchmarks/explore_speed.py

# WEAT and RND beside wefe, which gets an environment of its own from PyPI: two minutes
bench-bias: install
	$(BIN)/python benchmarks/bias_wefe.py

# A model of each corpus in $(SHARED), trained and evaluated: a quarter of an hour
evaluate-corpora: install
	$(BIN)/python benchmarks/evaluate_corpora.py --shared $(SHARED)

bench-articles: install
	$(BIN)/python benchmarks/articles_speed.py --shared $(SHARED)

bench-small-files: install
	$(BIN)/python benchmarks/small_files.py --shared $(SHARED)

# Known holes in what is pinned; asks PyPI
audit: install
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet pip-audit
	.venv/audit/bin/python -m pip_audit --requirement requirements.lock --no-deps --disable-pip --strict

# Damaged inputs of every format through the stage: 35 minutes of CPU, goes on where it was stopped; `FUZZ="--number 16000"` for fewer
fuzz-articles: install
	$(BIN)/python benchmarks/fuzz_articles.py $(FUZZ)

# 100,000 files, cold and warm; and our own part of a run on 500 MB: five minutes, after `make corpus SIZE=500M`
bench-many-files: install
	$(BIN)/python benchmarks/many_files.py --corpus corpus/500M

bench-sql: install
	$(BIN)/python benchmarks/sql_speed.py --shared $(SHARED)

# 100 million digests: 10 GB of disk for some minutes
bench-digests: install
	$(BIN)/python benchmarks/digests.py

bench-near: install
	$(BIN)/python benchmarks/near_duplicates.py --shared $(SHARED)

# Each format of a bundle in a fresh environment that has its own library alone: ten minutes, from PyPI
test-formats: install
	$(BIN)/python benchmarks/formats_alone.py --shared $(SHARED)

elsewhere: install
	$(BIN)/python benchmarks/elsewhere.py --shared $(SHARED)

bench-export: install
	$(BIN)/python benchmarks/export_speed.py

# Beside word2vec.c and other public trainers, fetched from PyPI into corpus/others
bench-others: install
	$(BIN)/python benchmarks/train_others.py --shared $(SHARED)

# The trainer with sanitizers over corner cases and drawn ones: ten minutes
train-edges: install
	$(BIN)/python benchmarks/train_edges.py

# Are the kernel's vectors as good as gensim's? Hours: gensim alone trains 40 million words six times, 13 to 28 minutes
# of CPU each. It goes on where it was stopped.
quality: install
	$(BIN)/python benchmarks/quality.py --shared $(SHARED)

# A real cluster of Spark on the loopback, a master and two workers, for `ciliu run … --on`
spark-up: install
	@$(BIN)/python benchmarks/spark_cluster.py up

spark-down: install
	$(BIN)/python benchmarks/spark_cluster.py down

# Workers and executors killed in each stage, and slow ones: ten minutes
spark-kills: install
	$(BIN)/python benchmarks/spark_kills.py --shared $(SHARED)

# Spark beside processes on 0.5, 1 and 2 GB; 100,000 shards
bench-spark: install
	$(BIN)/python benchmarks/spark_cost.py --shared $(SHARED)

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis demo/text demo/data
