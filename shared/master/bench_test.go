package master

import "testing"

func BenchmarkLoad(b *testing.B) {
	files := good(b)
	for b.Loop() {
		if _, faults := Load(files); len(faults) > 0 {
			b.Fatal(listing(faults))
		}
	}
}

func BenchmarkCompileSchemas(b *testing.B) {
	for b.Loop() {
		if _, err := compileSchemas(); err != nil {
			b.Fatal(err)
		}
	}
}
