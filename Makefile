# Everything a developer needs; dev/README.md explains.
MAKEFLAGS += --no-print-directory
export PORT BIND DB TAGS LANES ODOO ODOO_PYTHON PYTHON
.PHONY: help run stop shell test lint lint-selftest format i18n bench torture reset clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

run: ## Start Odoo with the addon: make run [PORT=8069] [DB=customer_continuity] [BIND=127.0.0.1]
	@dev/start run

stop: ## Stop what 'make run' started [DB=only this one]
	@dev/start stop

shell: ## Open Odoo's shell on that database [DB=]
	@dev/start shell

test: ## Run the tests: make test [TAGS=/customer_continuity] [LANES=2]
	@dev/start test

lint: ## Run every check on the code
	@dev/start lint

lint-selftest: ## Prove that every check can fail
	@dev/start lint-selftest

format: ## Let the formatters rewrite the code [FILES=only these]
	@dev/start format $(FILES)

i18n: ## Bring i18n/*.pot and *.po up to date with the code
	@dev/start i18n

bench: ## Measure, and print the ratios of docs/benchmarks.md
	@dev/bench

torture: ## Kill Odoo while it sends letters and hands customers over; nothing may be lost
	@dev/start torture

reset: ## Drop the database of 'make run' [DB=]
	@dev/start reset

clean: ## Remove this project's databases, downloads and cache
	@dev/start clean
