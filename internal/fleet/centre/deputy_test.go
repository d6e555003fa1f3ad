package centre

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"mailprobe/internal/fleet"
)

// TestDeputies: an agent names the subject that an answer goes to, and what it may not publish
// itself nobody publishes for it: neither the centre nor the server.
func TestDeputies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a, b := s.join("fra"), s.join("ams")
		key := b.greet(b.hello()).Key
		s.checks.block("ams")
		if err := b.send(t.Context(), "ams", batch("1", "mx", "waiting.example.org")); err != nil {
			t.Fatal(err)
		}
		orders, err := b.conn.SubscribeSync(fleet.OrderSubject + ".ams")
		if err != nil || b.conn.Flush() != nil {
			t.Fatal(err)
		}
		hello, _ := json.Marshal(a.hello())
		result, _ := json.Marshal(batch("2", "mx", "fra.example.org"))
		victims := []string{
			"mailprobe.results.ams", "mailprobe.order.ams", "mailprobe.hello.ams", "_INBOX_ams.x.y", "$SYS.REQ.USER.AUTH", "$JS.API.STREAM.PURGE.RESULTS",
			"$JS.API.STREAM.DELETE.BULK", "$JS.API.STREAM.DELETE.RESULTS", "$JS.API.CONSUMER.DELETE.RESULTS.place-ams", "mailprobe.jobs.ams.1",
			fleet.API + ".STREAM.DELETE.BULK", fleet.API + ".CONSUMER.DELETE.BULK.x",
		}
		for _, victim := range victims {
			for _, deputy := range []struct {
				subject string
				text    []byte
			}{
				{fleet.HelloSubject + ".fra", hello}, {fleet.ResultSubject + ".fra", result}, {fleet.API + ".CONSUMER.INFO.JOBS.fra-0", nil},
				{fleet.API + ".CONSUMER.MSG.NEXT.JOBS.fra-0", []byte(`{"batch":1,"no_wait":true}`)},
			} {
				if err := a.conn.PublishRequest(deputy.subject, victim, deputy.text); err != nil {
					t.Fatal(err)
				}
			}
			// Greetings that come faster than they can be answered are left out.
			if err := a.conn.Flush(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if w := a.greet(a.hello()); w.Error != "" {
			t.Errorf("its own greeting is answered %+v", w)
		}
		s.checks.block("")
		until(t, "the other's result is delivered", func() bool { return s.checks.got("ams waiting.example.org") == 1 })
		if w := b.greet(b.hello()); w.Error != "" || w.Schedule == nil {
			t.Errorf("the other is answered %+v", w)
		}
		for {
			msg, err := orders.NextMsg(10 * time.Millisecond)
			if err != nil {
				break
			}
			var o fleet.Order // what is sent there is none that the other obeys
			if json.Unmarshal(msg.Data, &o) == nil && o.Key == key {
				t.Errorf("the other gets the order %s", msg.Data)
			}
		}
		s.centre.seen.mu.Lock()
		refused := s.centre.seen.all["ams"].Refused
		s.centre.seen.mu.Unlock()
		if told := s.told("ams"); refused != 0 || len(told) != 1 {
			t.Errorf("%d of the other are refused; told: %q", refused, told)
		}
		for _, stream := range []string{fleet.ResultStream, fleet.JobStream, fleet.BulkStream} {
			if _, err := s.centre.js.Stream(t.Context(), stream); err != nil {
				t.Error(fmt.Errorf("stream %s: %w", stream, err))
			}
		}
	})
}

// TestPushed: who submits reads the results of bulk runs, and has them sent nowhere else.
func TestPushed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		fra, token := s.join("fra"), s.invite("alice", true)
		key := fra.greet(fra.hello()).Key
		alice := s.newAgent("alice")
		if err := s.connect(alice, &token); err != nil {
			t.Fatal(err)
		}
		orders, err := fra.conn.SubscribeSync(fleet.OrderSubject + ".fra")
		if err != nil || fra.conn.Flush() != nil {
			t.Fatal(err)
		}
		s.checks.block("fra")
		if err := fra.send(t.Context(), "fra", batch("1", "mx", "waiting.example.org")); err != nil {
			t.Fatal(err)
		}
		forged, _ := json.Marshal(batch("2", "mx", "forged.example.org"))
		worker, err := fleet.Streams(fra.conn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := worker.Publish(t.Context(), fleet.BulkSubject+".run.fra", forged); err != nil {
			t.Fatal(err)
		}
		for i, victim := range []string{"$JS.API.STREAM.DELETE.RESULTS", "$JS.API.STREAM.PURGE.RESULTS", "mailprobe.results.fra", "mailprobe.order.fra", "mailprobe.hello.fra"} {
			text := fmt.Sprintf(`{"stream_name":"BULK","config":{"name":"x%d","deliver_subject":%q,"ack_policy":"none","deliver_policy":"all","idle_heartbeat":100000000,"mem_storage":true}}`, i, victim)
			_, err := alice.conn.Request(fmt.Sprintf("%s.CONSUMER.CREATE.BULK.x%d", fleet.API, i), []byte(text), 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(300 * time.Millisecond)
		s.checks.block("")
		until(t, "the result is delivered", func() bool { return s.checks.got("fra waiting.example.org") == 1 })
		time.Sleep(300 * time.Millisecond)
		if s.checks.got("fra forged.example.org") != 0 {
			t.Error("a forged result is delivered")
		}
		for {
			msg, err := orders.NextMsg(10 * time.Millisecond)
			if err != nil {
				break
			}
			var o fleet.Order
			if json.Unmarshal(msg.Data, &o) == nil && o.Key == key {
				t.Errorf("the order %s", msg.Data)
			}
		}
		for _, stream := range []string{fleet.ResultStream, fleet.JobStream, fleet.BulkStream} {
			if _, err := s.centre.js.Stream(t.Context(), stream); err != nil {
				t.Error(fmt.Errorf("stream %s: %w", stream, err))
			}
		}
		s.centre.seen.mu.Lock()
		defer s.centre.seen.mu.Unlock()
		if n := s.centre.seen.all["fra"].Refused; n != 0 || len(s.told("in the name of fra")) > 1 {
			t.Errorf("%d are counted against the place; told: %q", n, s.warned)
		}
	})
}
