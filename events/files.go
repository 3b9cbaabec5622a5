// Package events holds the demo retailer あおぞらストア: its masters, its members and a day's files. Every
// company, card and person in it is invented.
package events

import "embed"

// Files are the folders masters and day (with arrivals.csv) and the file members.csv.
//
//go:embed masters day members.csv
var Files embed.FS
