package main

// pricesOf is the month of the price list: on demand, without free tiers, in Tokyo, before tax.
const pricesOf = "November 2026"

// price is what AWS charges in ap-northeast-1, in USD.
type price struct {
	service, unit string
	usd           float64 // for per units
	per           float64
}

// of gives what so many units cost.
func (p price) of(n float64) float64 { return n * p.usd / p.per }

const (
	million = 1e6
	gib     = 1 << 30
	gb      = 1e9
)

// Prices for what a day asks for. Those marked "base" are the list price of us-east-1, where Tokyo's was not
// at hand; it is at most a quarter higher. Whoever quotes a sum looks them all up again.
func priceObjectWrites() price { return price{"S3", "PUT, POST, LIST", 4.70, million} }
func priceObjectReads() price  { return price{"S3", "GET, HEAD", 0.37, million} }

// Since November 2024, half of what it was.
func priceTableWrites() price { return price{"DynamoDB", "write units, table", 0.715, million} }
func priceIndexWrites() price { return price{"DynamoDB", "write units, indexes", 0.715, million} }
func priceTableReads() price  { return price{"DynamoDB", "read units", 0.1425, million} }

func priceTransitions() price { return price{"Step Functions", "transitions", 25, million} }

func priceCalls() price    { return price{"Lambda", "calls", 0.20, million} }
func priceCompute() price  { return price{"Lambda", "GB-seconds, arm64", 0.0000133334, 1} }
func priceScratch() price  { return price{"Lambda", "GB-seconds of /tmp above 512 MB", 0.000000037, 1} }
func priceKeys() price     { return price{"KMS", "requests", 0.03, 10_000} }
func priceQueues() price   { return price{"SQS", "requests", 0.40, million} }
func priceEvents() price   { return price{"EventBridge", "events of S3 and SES", 1.00, million} } // base
func priceLogs() price     { return price{"CloudWatch", "GB of logs", 0.76, 1} }
func priceMetrics() price  { return price{"CloudWatch", "metrics, each for an hour", 0.30, 730} }
func priceTraces() price   { return price{"X-Ray", "traces", 5.00, million} }
func priceTrail() price    { return price{"CloudTrail", "data events", 0.10, 100_000} }
func priceWatched() price  { return price{"GuardDuty", "data events", 1.04, million} } // base 0.80
func priceScans() price    { return price{"GuardDuty", "GB scanned", 0.11, 1} }        // base 0.09
func priceScanned() price  { return price{"GuardDuty", "files scanned", 0.27, 1000} }  // base 0.215
func priceMails() price    { return price{"SES", "mails", 0.10, 1000} }
func priceKept() price     { return price{"S3", "GB a month", 0.025, 1} }
func priceItems() price    { return price{"DynamoDB", "GB a month", 0.285, 1} }
func priceRecovery() price { return price{"DynamoDB", "GB a month, point in time", 0.228, 1} }

// What is not counted but follows from what is.
const (
	// What Lambda itself writes for a call (START, END, REPORT with its trace), the line of shared/cloud that
	// a step is done, and its figures in the embedded metric format: bytes, measured on lines of each kind.
	logBytesOfCall = 480 + 270 + 330
	// metricsOfCall: Duration of a function and retailer. Failures have metrics of their own, and are rare.
	// intake counts Files and Bytes too, and what reads queues Messages and Failed.
	metricsOfDay = 16 + 2 + 3*2
	// A role that comes to a bucket has S3 ask KMS for its bucket key once, and DynamoDB for its table's.
	keyRequestsOfCall = 2
	// Time that a call waits in the cloud and not here, in milliseconds. A cold start is billed too.
	coldStart, objectWaits, tableWaits, keyWaits = 150, 30, 8, 15
	// How many requests for items are under way at a time where there are many (shared/table/dynamo).
	tableParallel = 32
)
