package fault

// Catalogue lists every code once, in order of number.
var Catalogue = []Entry{
	{
		FileDuplicate, "file.duplicate",
		"The same bytes were already accepted for this feed, or came earlier in this run.",
		"Nothing to do if the file was sent twice; else send the file that was meant.",
	},
	{
		FileTrailerMissing, "file.trailer_missing",
		"The file has no trailer record, so it may have been cut off.",
		"Send the whole file again.",
	},
	{
		FileHeaderMissing, "file.header_missing",
		"The file does not begin with the header record that its layout asks for.",
		"Check that the right file was sent for this feed, then send it again.",
	},
	{
		FileOrder, "file.order", "A record stands where the layout does not allow it.",
		"Check the order of header, data, trailer and end records, then send the file again.",
	},
	{
		FileTruncated, "file.truncated", "The file ends in the middle of a record.",
		"Send the whole file again.",
	},
	{
		FileEmpty, "file.empty", "The file has no bytes at all.",
		"Send the file again; a day without sales is a file with header and trailer, or with the title row.",
	},
	{
		FileEncoding, "file.encoding", "The first bytes of the file mark another encoding than the layout's.",
		"Write the file in the layout's encoding, or correct the encoding in the feed's layout.",
	},
	{
		FileQuote, "file.quote", "A quoted field is still open at the end of the file.",
		"Look for a quote character that is not doubled, correct it and send the file again.",
	},
	{
		FileCount, "file.count", "The number of records differs from the number that the trailer declares.",
		"Compare the file with its source; send the whole file again.",
	},
	{
		FileAmount, "file.amount", "The sum of the amounts differs from the sum that the trailer declares.",
		"Compare the file with its source; send the whole file again.",
	},
	{
		FileBadLines, "file.bad_lines", "The share of bad lines is above the feed's limit.",
		"Correct the lines named in the error file, then send the whole file again.",
	},
	{
		FileControl, "file.control", "A count or total in the trailer cannot be read as a number.",
		"Correct the trailer and send the whole file again.",
	},
	{
		RecordTooLong, "record.too_long", "A record is longer than the limit.",
		"Check the line ends and quotes of the file, then send it again.",
	},
	{
		FeedUnknown, "feed.unknown", "No feed of the masters takes this file.",
		"Name the feed, or add the file's name pattern to a feed.",
	},
	{
		RetailerUnknown, "retailer.unknown", "There is no retailer of that code.",
		"Correct the code; a new retailer begins with its masters being published.",
	},
	{
		FileCardNumber, "file.card_number", "The file holds the whole number of a payment card.",
		"The file is quarantined: send it again with an affiliate's code, or prefix and last four digits.",
	},
	{
		FileTooLarge, "file.too_large", "The file is larger than the limit of an upload.",
		"Split it at a receipt's border and send the parts.",
	},
	{
		FileName, "file.name", "A file cannot be taken in under that name.",
		"Use a name without slashes and control characters, of at most 200 bytes.",
	},
	{
		TextUndecodable, "text.undecodable", "A byte is no character of the layout's encoding.",
		"Replace the character at the byte named (vendor characters are not accepted) " +
			"and send the line again.",
	},
	{TextNUL, "text.nul", "The line holds a NUL byte.", "Remove the NUL byte and send the line again."},
	{
		CardUnknown, "card.unknown", "No card range of that length and date holds the number.",
		"Check the number; if it is right, its range is missing in the card masters.",
	},
	{
		CardCheckDigit, "card.check_digit", "The number's check digit is wrong.",
		"Check the number for a misread digit.",
	},
	{
		CardNotDigits, "card.not_digits", "The card number holds something else than digits.",
		"Send the number as digits; a spreadsheet may have spoiled it (9.99E+15).",
	},
	{
		CardMissing, "card.missing", "The line has neither a point card nor a member number.",
		"Add the card or member number, or declare the feed card_optional.",
	},
	{
		MemberUnknown, "member.unknown", "The member number is not in the member snapshot.",
		"Check the member number.",
	},
	{
		MemberNoCard, "member.no_card", "The member has no card of the provider that the feed names.",
		"Have the member register the card, then send the line again.",
	},
	{
		DateBad, "date.bad", "The date cannot be read in the form that the layout declares.",
		"Correct the date.",
	},
	{
		DateFuture, "date.future", "The business date is later than the run's date.",
		"Correct the date, or wait for its day.",
	},
	{
		DateTooOld, "date.too_old", "The business date is older than the feed's limit.",
		"Such lines are settled by a manual adjustment.",
	},
	{TimeBad, "time.bad", "The time cannot be read (00:00 to 29:59).", "Correct the time."},
	{
		AmountBad, "amount.bad", "An amount cannot be read, or is above 1,000,000,000,000.",
		"Correct the amount.",
	},
	{
		AmountNegative, "amount.negative",
		"A sale or grant is negative and the feed does not say that this is a return.",
		"Send it as a return, or declare the feed negative_is_return.",
	},
	{
		AmountDiffers, "amount.differs",
		"The item lines of one receipt state different amounts for the receipt.",
		"Make the amounts equal, or declare the column as the item's amount.",
	},
	{
		AmountSigns, "amount.signs", "The amounts with and without tax have opposite signs.",
		"Correct the amounts.",
	},
	{
		NumberExcel, "number.excel", "A number is written in E notation; its last digits are lost.",
		"Export the file with the column as text.",
	},
	{
		PointsBad, "points.bad",
		"The given points cannot be read, are negative, or are above 1,000,000,000,000.",
		"Correct the points.",
	},
	{
		PointTypeMissing, "point_type.missing", "A grant line has no point type and its feed names none.",
		"Add the point type to the line or to the feed.",
	},
	{
		KindBad, "kind.bad", "The kind of the line is none of sale, return, cancel, grant.",
		"Correct the value, or add it to the layout's lookup.",
	},
	{
		ReceiptMissing, "receipt.missing",
		"The line has no receipt number, so it cannot be told from others.",
		"Add the receipt number.",
	},
	{
		RecordLength, "record.length", "The record is not as long as the layout says.",
		"Check the record's columns.",
	},
	{
		RecordColumns, "record.columns", "The record has another number of columns than the layout says.",
		"Check separators and quotes of the line.",
	},
	{
		RecordKind, "record.kind", "The record's first column names no kind of the layout.",
		"Check the record.",
	},
	{
		RecordLineEnd, "record.line_end", "The record ends with another line end than the layout says.",
		"Write all line ends in one way, or declare line_end: any.",
	},
	{
		ItemBad, "item.bad", "An item of the receipt cannot be read.",
		"Correct the item's quantity, amount or tax rate.",
	},
	{
		ItemAlone, "item.alone", "An item record stands without a receipt record before it.",
		"Check the order of records.",
	},
	{
		LookupMissing, "lookup.missing", "The value is not in the layout's lookup table.",
		"Correct the value, or add it to the lookup.",
	},
	{
		RecordQuote, "record.quote",
		"A quote stands inside an unquoted field, or text follows a closing quote.",
		"Double the quotes inside quoted fields, and quote fields that hold quotes.",
	},
	{
		OutletUnencodable, "outlet.unencodable", "A value cannot be written in the provider's file.",
		"Replace the character, or agree on a substitute with the provider.",
	},
	{
		TransactionDuplicate, "transaction.duplicate",
		"The same transaction with the same content was already taken.",
		"Nothing to do.",
	},
	{
		TransactionConflict, "transaction.conflict",
		"The same transaction key came before with other content.",
		"Find out which of the two is right; correct by return or adjustment.",
	},
	{
		ReturnOriginalUnknown, "return.original_unknown", "The sale that the return names is not known.",
		"Check the original's key; old sales are settled by a manual adjustment.",
	},
	{
		ReturnExceedsSale, "return.exceeds_sale", "More yen are returned than the sale had.",
		"Check the return's amount.",
	},
	{
		PointsLimit, "points.limit", "One rule would give more than 1,000,000,000,000 points.",
		"Check the amount and the rule.",
	},
	{
		ReturnErased, "return.erased",
		"The number of the sale's card was erased, so its points cannot be taken back.",
		"Settle it with the customer by hand; erased numbers do not come back.",
	},
	{
		ReturnCardDiffers, "return.card_differs",
		"The return shows another card than the sale; the sale's card is used.",
		"Nothing to do, unless it happens often.",
	},
	{MasterSyntax, "master.syntax", "The file is not readable YAML.", "Correct the line named."},
	{
		MasterSchema, "master.schema", "A value is missing, misspelt or of the wrong type.",
		"Compare with the schema.",
	},
	{
		MasterDangling, "master.dangling", "A code is used that no master defines.",
		"Define it or correct the code.",
	},
	{
		MasterOverlap, "master.overlap", "Two ranges or periods overlap.",
		"Part them so that each number has one owner.",
	},
	{
		MasterUnreachable, "master.unreachable", "The rule can never apply.",
		"Remove it or correct its conditions.",
	},
	{MasterDuplicate, "master.duplicate", "The code is defined twice.", "Rename or remove one."},
	{
		MasterBasis, "master.basis", "A rule asks for an amount that a feed does not serve.",
		"Declare excl on the feed, or change the rule's basis.",
	},
	{MasterValue, "master.value", "A value is outside its limits.", "Correct the value."},
	{
		LayoutWidths, "layout.widths", "The widths of the fields do not add up to the record length.",
		"Correct the widths or the record length.",
	},
	{
		LayoutUnencodable, "layout.unencodable", "A constant cannot be written in the layout's encoding.",
		"Change the constant or declare a substitute.",
	},
	{LayoutField, "layout.field", "A field is described in a way that cannot work.", "Correct the field."},
	{
		LayoutRecord, "layout.record", "A record is described in a way that cannot work.",
		"Correct the record.",
	},
	{
		LayoutNotWritable, "layout.not_writable", "The layout can read but not write.",
		"Give each derived value a way back, or use another layout for the outlet.",
	},
	{LayoutConverter, "layout.converter", "No Go converter of that name is registered.", "Correct the name."},
	{
		LayoutDiscriminator, "layout.discriminator", "The records cannot be told apart.",
		"Give each record kind its own discriminator values.",
	},
	{
		OutletOverflow, "outlet.overflow", "A number does not fit into its column of the provider's file.",
		"Agree on a wider column with the provider; nothing was sent.",
	},
	{UsageFlag, "usage.flag", "The command was called in a way it does not know.", "See --help."},
	{ReadFailed, "read.failed", "A file or folder cannot be read.", "Check path and rights."},
	{
		WriteFailed, "write.failed", "A file cannot be written.",
		"Check path, rights and free space, then run again.",
	},
	{
		OutputExists, "output.exists", "The output folder is not empty.",
		"Name another folder or remove the old one.",
	},
	{
		TotalsDiffer, "totals.differ", "The totals of two stages do not agree; nothing was released.",
		"Keep the folder and report it: this is a fault of the program.",
	},
	{InputTooLarge, "input.too_large", "The input is larger than the limit.", "Split the input."},
	{
		ArrivalsDiffer, "arrivals.differ", "The list of arrivals does not fit the files beside it.",
		"Give each file one row in arrivals.csv, file,arrived (2026-11-22T05:59:59+09:00), " +
			"or take the list away.",
	},
	{
		RunBusy, "run.busy", "The run before has not come far enough, or another one was opened just now.",
		"Resume or void the run that is named, then open again.",
	},
	{
		RunExists, "run.exists", "That day was computed, or a later one was.",
		"Nothing to do; what arrives late goes into the next day's run.",
	},
	{
		RunUnknown, "run.unknown", "There is no such run, or no such part of it.",
		"List the runs with day show.",
	},
	{
		RunCommitted, "run.committed", "The run is committed; nothing can take it back.",
		"Correct it by an adjustment.",
	},
	{RunVoided, "run.voided", "The run was voided.", "Open a new one; it takes the same files."},
	{RunClosed, "run.closed", "The run is closed.", "Nothing to do."},
	{
		RunFenced, "run.fenced", "Another attempt of the run has taken over.",
		"Nothing to do: the newer attempt finishes the run.",
	},
	{
		PartMissing, "part.missing", "A part that the run needs is not there.",
		"Restore it from a backup; before the commit, resume the run.",
	},
	{
		PartDamaged, "part.damaged", "A stored part was changed, moved or cut off.",
		"Restore it from a backup, then verify.",
	},
	{
		PartDiffers, "part.differs", "A step was done twice and did not come to the same.",
		"Do not release anything, and report it: this is a fault of the program.",
	},
	{
		PartShredded, "part.shredded", "The key of that day was shredded, so its part cannot be read.",
		"Nothing to do: the chain of digests still verifies.",
	},
	{
		LedgerDiffers, "ledger.differs", "An item of the ledger is not what the committed runs say.",
		"Find out who changed it, then rebuild the ledger.",
	},
	{
		MastersMissing, "masters.missing", "No masters are published for that date.",
		"Publish masters first.",
	},
	{
		AdjustmentBad, "adjustment.bad", "An adjustment cannot be taken as it is.",
		"Give a reason, an author, the approval of another person, and what is to change.",
	},
	{
		StoreInUse, "store.in_use", "Another process has the data folder open.",
		"End the other process, or ask it through its pages.",
	},
	{
		StoreDamaged, "store.damaged", "The data folder is damaged.",
		"Restore it from a backup; the ledger can also be built again from the runs.",
	},
	{
		StoreFull, "store.full", "There is no room left on the disk of the data folder.",
		"Make room, then resume the run or take the file in again; nothing is lost.",
	},
	{
		FieldMissing, "field.missing",
		"A field that must be filled in is empty.",
		"Fill it in.",
	},
	{
		FieldTooLong, "field.too_long",
		"The text is longer than the field takes.",
		"Shorten it.",
	},
	{
		FieldCharacters, "field.characters",
		"The text holds characters that the field does not take.",
		"Remove them.",
	},
	{
		FieldChoice, "field.choice",
		"What was chosen is none of the choices.",
		"Choose one of those that are offered.",
	},
	{
		KanaBad, "kana.bad",
		"The reading is not in full-width katakana.",
		"Write it in full-width katakana.",
	},
	{
		PostalBad, "postal.bad",
		"The postal code is not seven digits.",
		"Write its seven digits.",
	},
	{
		PhoneBad, "phone.bad",
		"The phone number is none of Japan, or has another number of digits.",
		"Write it with its leading 0, 10 or 11 digits; mobile numbers have 11.",
	},
	{
		BirthBad, "birth.bad",
		"The birth date is no day between 1900 and today.",
		"Write an existing day.",
	},
	{
		AddressBad, "address.bad",
		"The text is no mail address.",
		"Write it as name@domain.",
	},
	{
		ConfirmationDiffers, "confirmation.differs",
		"The two entries are not the same.",
		"Type the same text in both fields.",
	},
	{
		PasswordShort, "password.short",
		"The password is too short.",
		"Use at least 8 characters, staff at least 12.",
	},
	{
		PasswordLong, "password.long",
		"The password is too long.",
		"Use at most 128 characters.",
	},
	{
		PasswordCommon, "password.common",
		"The password is one that attackers try first.",
		"Choose another one.",
	},
	{
		TermsNotAccepted, "terms.not_accepted",
		"The terms were not accepted.",
		"Read them, then tick the box.",
	},
	{
		PhoneTaken, "phone.taken",
		"Another member has that phone number.",
		"Use another number, or reset the password of the member that has it.",
	},
	{
		CardTaken, "card.taken",
		"Another member has that card.",
		"Check the number; if the card is yours, ask the retailer.",
	},
	{
		AddressTaken, "address.taken",
		"Another member has that mail address.",
		"Use another one.",
	},
	{
		MemberAbsent, "member.absent",
		"There is no such member.",
		"Search again.",
	},
	{
		MemberChanged, "member.changed",
		"The member was changed by somebody else in between.",
		"Look at it once more and change it again.",
	},
	{
		MemberCancelled, "member.cancelled",
		"The membership was cancelled.",
		"Register anew to take part again.",
	},
	{
		CardTooMany, "card.too_many",
		"A member has no more than so many cards.",
		"Remove one first.",
	},
	{
		CardNotHeld, "card.not_held",
		"The member does not have that card.",
		"Choose one of the cards that are shown.",
	},
	{
		MemberUnderWay, "member.under_way",
		"The same is being done at this moment elsewhere.",
		"Wait a moment and look whether it is done.",
	},
	{
		LinkBad, "link.bad",
		"The link was used, has expired, or is not complete.",
		"Ask for a new one.",
	},
	{
		LoginFailed, "login.failed",
		"Login name or password are not right.",
		"Try again, or reset the password.",
	},
	{
		LoginLocked, "login.locked",
		"There were too many wrong tries.",
		"Wait 30 minutes, or unlock by mail.",
	},
	{
		SessionEnded, "session.ended",
		"The session has ended.",
		"Log in again.",
	},
	{
		CodeWrong, "code.wrong",
		"The six-digit code is wrong or was used.",
		"Type the code that the app shows now.",
	},
	{
		SourceRefused, "source.refused",
		"Requests from that network address are not allowed.",
		"Use an allowed network, or ask the operator to add it.",
	},
	{
		RightMissing, "right.missing",
		"The account may not do that.",
		"Ask somebody who may.",
	},
	{
		RequestForeign, "request.foreign",
		"The request did not come from a page of this site.",
		"Open the page again and use its button.",
	},
	{
		PersonalDamaged, "personal.damaged",
		"Personal data cannot be decrypted: it is damaged or belongs to another member or retailer.",
		"Restore it from a backup.",
	},
	{
		MailTemplateBad, "mail.template",
		"A mail template cannot be used.",
		"Mend what is named, then save it again.",
	},
	{
		UnsubscribeBad, "unsubscribe.bad",
		"The link to stop mails is not complete or was changed.",
		"Use the link of the mail, or the settings after login.",
	},
	{
		MailSuppressed, "mail.suppressed",
		"Mail to that address came back and is not sent again until the address is changed.",
		"Change the address.",
	},
	{
		MailQueueFull, "mail.queue_full",
		"More mails wait than are kept.",
		"Wait until some were sent.",
	},
}
