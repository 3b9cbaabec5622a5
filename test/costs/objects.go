package main

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// objectClient counts the requests of the S3 driver, those that are sent again too, as S3 does.
type objectClient struct {
	aws.HTTPClient
	meter *meter
}

// Do sends a request and counts it.
func (o objectClient) Do(r *http.Request) (*http.Response, error) {
	o.meter.count(func(c *Counts) { countObject(c, r) })
	return o.HTTPClient.Do(r)
}

// countObject counts a request in the class that S3 charges it in.
func countObject(c *Counts, r *http.Request) {
	switch {
	case r.Method == http.MethodDelete: // of an object, or of an upload that is given up
		c.ObjectDeletes++
	case r.Method == http.MethodPut || r.Method == http.MethodPost || r.URL.Query().Has("list-type"):
		c.ObjectWrites++
	default:
		c.ObjectReads++
	}
}
