// Package stack holds the tests that run the product on an emulated cloud: the demo day over the drivers of
// AWS in this process, and from the synthesised template with the real Lambda binaries. What comes out is
// compared, byte by byte, with the same day on one machine.
package stack
