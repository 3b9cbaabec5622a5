package main

import (
	"fmt"
	"strings"
)

// Days that copies of the table are kept, and how often they are made (infra/cdk/backup.go). AWS Backup
// copies a table of DynamoDB whole each time.
const (
	daysOfBackups = 186
	daysOfWeekly  = 35
	daysHere      = 8
	daysOfWeek    = 7
	daysOfMonth   = 365.0 / 12
)

// Prices of a GB, in USD. Copies of a table are 0.10 in us-east-1 and a quarter more at most here: base.
const (
	priceOfCopy    = 0.12  // a month, a copy of the table
	priceOfTest    = 0.171 // read back as a test
	priceOfWay     = 0.09  // to Osaka
	priceOfArchive = 0.005 // a month, an object at rest in Osaka: Glacier, read at once
)

// backups is what a month of backups costs after so many equal days.
type backups struct {
	table, record float64 // GB in the table, and of objects
	copies, test  float64 // USD: the table's copies with their way, and reading one back
	recordCopy    float64 // USD: the objects in Osaka and their way
	daily         float64 // USD if the table were copied each day, for 186 days here and there
}

// after says what backups cost in the month after so many days like d.
func (d *Day) after(days int) backups {
	items, objects := float64(d.Items)/gb, float64(d.Objects)/gb
	b := backups{table: items * float64(days), record: objects * float64(days)}
	// GB of the copies that are there on a usual day, if one is made every so many days and kept for some.
	// That of an earlier day is as large as the table then was.
	kept := func(every float64, most int) (gigabytes float64) {
		for age := range min(days, most) {
			gigabytes += items * float64(days-age) / every
		}
		return gigabytes
	}
	way := func(every float64) float64 { return daysOfMonth / every * b.table * priceOfWay }
	stored := kept(daysOfWeek, daysHere) + kept(daysOfMonth, daysHere) +
		kept(daysOfWeek, daysOfWeekly) + kept(daysOfMonth, daysOfBackups)
	b.copies = stored*priceOfCopy + way(daysOfWeek) + way(daysOfMonth)
	b.test = b.table * priceOfTest
	b.recordCopy = b.record*priceOfArchive + daysOfMonth*objects*priceOfWay
	b.daily = 2*kept(1, daysOfBackups)*priceOfCopy + way(1)
	return b
}

// backupTable says what backups cost a month, when so many days of the given one were run.
func backupTable(d *Day) string {
	var out strings.Builder
	out.WriteString("| days that were run | GB in the table | its copies | one read back | " +
		"GB of the record | its copy | **together** | a copy of the table each day instead |\n" +
		"|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, days := range []int{30, 186, 365} {
		b := d.after(days)
		fmt.Fprintf(&out, "| %d | %.0f | %.2f | %.2f | %.0f | %.2f | **%.2f** | %s |\n", days,
			b.table, b.copies, b.test, b.record, b.recordCopy, b.copies+b.test+b.recordCopy, grouped(b.daily))
	}
	return out.String()
}
