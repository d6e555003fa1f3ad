package mailtest_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"mailprobe/mailtest"
)

func dialIMAP(t *testing.T, host *mailtest.Host) *imapclient.Client {
	t.Helper()
	client, err := imapclient.DialTLS(host.Addr(mailtest.IMAPS), &imapclient.Options{TLSConfig: anyCertificate()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Login("alice", "correct horse").Wait(); err != nil {
		t.Fatal(err)
	}
	return client
}

// TestIMAP: the INBOX is what POP3 sees.
func TestIMAP(t *testing.T) {
	host := start(t, mailtest.Config{})
	texts := []string{"Subject: one\r\nX-Token: abc\r\n\r\n.a\r\n", "Subject: two\r\n\r\nb\r\n", "Subject: three\r\n\r\nc\r\n"}
	for _, text := range texts[:2] {
		_ = host.Deliver("alice", []byte(text))
	}
	client := dialIMAP(t, host)
	selected, err := client.Select("INBOX", nil).Wait()
	if err != nil || selected.NumMessages != 2 || selected.UIDNext != 3 || selected.UIDValidity == 0 {
		t.Fatalf("%+v, %v", selected, err)
	}
	found, err := client.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "X-Token", Value: "ABC"}}}, nil).Wait()
	if err != nil || len(found.AllUIDs()) != 1 || found.AllUIDs()[0] != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	whole := &imap.FetchItemBodySection{Peek: true}
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	fetched, err := client.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{UID: true, Flags: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{whole, header}}).Collect()
	if err != nil || len(fetched) != 1 || len(fetched[0].Flags) != 0 {
		t.Fatalf("fetched %v, %v", fetched, err)
	}
	if m := fetched[0]; string(m.FindBodySection(whole)) != texts[0] || m.RFC822Size != int64(len(texts[0])) || string(m.FindBodySection(header)) != "Subject: one\r\nX-Token: abc\r\n\r\n" {
		t.Errorf("fetched %q, header %q", m.FindBodySection(whole), m.FindBodySection(header))
	}

	_ = host.Deliver("alice", []byte(texts[2]))
	if err := client.Noop().Wait(); err != nil || client.Mailbox().NumMessages != 3 {
		t.Errorf("after a delivery: %+v, %v", client.Mailbox(), err)
	}
	if err := client.Store(imap.UIDSetNum(2), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if gone, err := client.UIDExpunge(imap.UIDSetNum(2)).Collect(); err != nil || len(gone) != 1 || gone[0] != 2 {
		t.Errorf("expunged %v, %v", gone, err)
	}
	if left := host.Messages("alice"); len(left) != 2 || !bytes.Contains(left[1].Text, []byte("three")) {
		t.Errorf("left are %v", left)
	}
	if err := client.Logout().Wait(); err != nil {
		t.Error(err)
	}
}

func TestIMAPReadOnly(t *testing.T) {
	host := start(t, mailtest.Config{})
	_ = host.Deliver("alice", []byte("Subject: one\r\n\r\n"))
	client := dialIMAP(t, host)
	if _, err := client.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}).Collect(); err != nil {
		t.Error(err)
	}
	if err := client.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(); err == nil {
		t.Error("a mailbox opened by EXAMINE can be changed")
	}
	if m := host.Messages("alice")[0]; len(m.Flags) != 0 {
		t.Errorf("it has the flags %v", m.Flags)
	}
	for _, call := range []func() error{
		func() error { _, err := client.Select("Trash", nil).Wait(); return err },
		func() error { return client.Create("Trash", nil).Wait() },
		func() error { return client.Rename("INBOX", "Trash", nil).Wait() },
	} {
		if call() == nil {
			t.Error("there is more than the INBOX")
		}
	}
	if _, err := client.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true}).Wait(); err != nil {
		t.Error(err)
	}
}

func TestIMAPFaults(t *testing.T) {
	host := start(t, mailtest.Config{})
	for _, verb := range []string{"SELECT", "FETCH"} {
		client := dialIMAP(t, host)
		_ = host.SetFaults(mailtest.Faults{Drop: verb})
		_, err := client.Select("INBOX", nil).Wait()
		if err == nil {
			_ = host.Deliver("alice", []byte("x"))
			_ = client.Noop().Wait()
			_, err = client.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{UID: true}).Collect()
		}
		if err == nil {
			t.Errorf("a drop at %s does nothing", verb)
		}
		_ = host.SetFaults(mailtest.Faults{})
	}
	// Somebody who idles is reported, and does not hold up the end of the host.
	news := make(chan uint32, 10)
	client, err := imapclient.DialTLS(host.Addr(mailtest.IMAPS), &imapclient.Options{TLSConfig: anyCertificate(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				news <- *data.NumMessages
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	_ = client.Login("alice", "correct horse").Wait()
	_, _ = client.Select("INBOX", nil).Wait()
	idle, err := client.Idle()
	if err != nil {
		t.Fatal(err)
	}
	_ = host.Deliver("alice", []byte("y"))
	select {
	case <-news:
	case <-time.After(5 * time.Second):
		t.Error("nothing was told")
	}
	_ = host.Close()
	_ = idle.Wait()
}
