// Package coldstart measures what it costs to begin with a Lambda function: the size of its zip file, and the
// time from starting its process to its first answer, beside a function that does nothing (issue 5). It is
// tests alone.
//
//	MULTIPOINT_STACK=1 go test -count=1 ./test/coldstart         sizes, and two rounds without a limit
//	MULTIPOINT_STACK=1 go test -count=1 ./test/coldstart -write  ten rounds, the limit, docs/coldstart.md
package coldstart
