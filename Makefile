# Everything a developer needs; dev/README.md explains.
MAKEFLAGS += --no-print-directory
export PORT HOST DB TAGS ODOO ODOO_PYTHON PYTHON
.PHONY: help run stop shell test

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

test: ## Run the tests: make test [TAGS=/customer_continuity]
	@dev/start test
