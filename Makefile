# The commands of the project. Each prepares what it needs; nothing has to be done before.
.PHONY: run test bench lint lock

PYTHON ?= python3
BIN := .venv/bin

run:
	@$(PYTHON) setup/prepare.py run
	@exec $(BIN)/yinling run

test:
	@$(PYTHON) setup/prepare.py test
	@$(BIN)/yinling nlu train
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

bench:
	@$(PYTHON) setup/prepare.py test
	@$(BIN)/yinling nlu train
	$(BIN)/python -m benchmarks $(ARGS)

lint:
	@$(PYTHON) setup/prepare.py test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy bot nlu knowledge voice webhooks desk
	$(BIN)/lint-imports

# Pins anew from requirements/*.in; needs uv on PATH.
lock:
	uv pip compile -q --python-version 3.11 --universal --no-emit-index-url requirements/product.in -o requirements/product.txt
	uv pip compile -q --python-version 3.11 --universal --no-emit-index-url -c requirements/product.txt requirements/dev.in -o requirements/dev.txt
	uv pip compile -q --python-version 3.10 --no-emit-index-url requirements/rasa.in -o requirements/rasa.txt
