# Each target that builds first runs scripts/bootstrap, which installs what is missing and is quick where nothing is.
.PHONY: help demo test build publish bench soak fmt lint clean

help:
	@echo 'make demo    a Java program signs, encrypts and serves HTTPS with keys in a throwaway HSM'
	@echo 'make test    everything that CI runs'
	@echo 'make build   the server, the ferrohsm command and the provider jar'
	@echo 'make publish the same as a Maven repository, in build/repository'
	@echo 'make bench   speed, against SoftHSM2, Bouncy Castle, ACCP and the JDK'
	@echo 'make soak    long random walks that look for key bytes in replies (minutes to hours)'
	@echo 'make fmt     format the Rust code'
	@echo 'make lint    check formatting, clippy, licences and advisories'
	@echo 'make clean   delete what was built'
	@echo 'demo, test, build, publish, bench and soak install what is missing through apt (scripts/bootstrap).'

demo:
	@scripts/bootstrap
	@scripts/demo

test:
	@scripts/bootstrap test
	@scripts/test

build:
	@scripts/bootstrap
	@scripts/gradle assemble
	@echo 'built target/release/hsm-server, target/release/ferrohsm and java/provider/build/libs/ferrohsm-provider.jar'

publish:
	@scripts/bootstrap
	@scripts/gradle publish
	@echo 'published to build/repository'

bench:
	@scripts/bootstrap test
	@scripts/bench

soak:
	@scripts/bootstrap
	@scripts/soak

fmt:
	cargo fmt --all

lint:
	@scripts/lint

clean:
	rm -rf target build .gradle java/*/build samples/*/build samples/*/target samples/*/.gradle fuzz/target
