// Package multipoint is the root of the module. It holds no code: its tests read the whole tree and check
// its style (tidy_test.go) and the direction of its imports (imports_test.go).
package multipoint
