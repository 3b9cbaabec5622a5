// Package sam holds the tests that run functions of the synthesised template under SAM: in containers, by the
// runtime emulator that Lambda has for that, with the sample events of events/lambda.
package sam
