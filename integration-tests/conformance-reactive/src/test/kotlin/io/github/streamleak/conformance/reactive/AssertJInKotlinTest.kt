package io.github.streamleak.conformance.reactive

import acme.market.MarketGrpc
import acme.market.MarketGrpcKt.MarketCoroutineStub
import io.github.streamleak.assertj.AbstractStreamAssert
import io.github.streamleak.assertj.StreamAssertions.assertThat
import io.github.streamleak.assertj.StreamAssertions.assertThatStreams
import io.github.streamleak.assertj.StreamAssertions.assertThatThrownBy
import io.github.streamleak.conformance.reactive.MarketServer.command
import io.github.streamleak.junit.GrpcStreamLeakCheck
import io.github.streamleak.junit.Serve
import io.github.streamleak.lifecycle.ExpectedEvents.cancelled
import io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage
import io.github.streamleak.lifecycle.ExpectedEvents.halfClosed
import io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage
import io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages
import io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage
import io.github.streamleak.lifecycle.ExpectedEvents.picked
import io.github.streamleak.lifecycle.ExpectedEvents.started
import io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus
import io.github.streamleak.recorder.GrpcStreamRecorder
import io.github.streamleak.stream.EventKind
import io.github.streamleak.stream.Lane
import io.github.streamleak.stream.RecordedStream
import io.github.streamleak.stream.StreamEvent
import io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS
import io.grpc.Status
import io.grpc.Status.Code.OK
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** The assertions of AssertJ as a suite in Kotlin writes them: what docs/kotlin.md shows, and each entry. */
@GrpcStreamLeakCheck
internal class AssertJInKotlinTest {
  @Serve val market = MarketServer()

  // snippet:assertj
  @Test
  fun pricesAreReadToTheEnd(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
    val prices = runBlocking { stub.watch(command("3")).toList() }
    assertThat(prices).hasSize(3)

    assertThat(recorder)
      .hasOnlyOneStream()
      .hasMethod(MarketGrpc.getWatchMethod())
      .hasLifecycle(started(), outboundMessage(), halfClosed(), inboundMessages(3), terminalStatus(OK))
      .hasBefore(picked(), firstInboundMessage())
      .wasReleasedBy(TERMINAL_STATUS)
    assertThat(recorder).streamsOf(MarketGrpc.getWatchMethod()).allSatisfy { assertThat(it).isReleased() }
    assertThat(recorder).eventually(2.seconds.toJavaDuration()).hasNoOpenStreams()
  }
  // end:assertj

  // snippet:null
  @Test
  fun firstCancelsTheCall(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
    runBlocking { stub.watch(command("3+")).first() }

    val watch: RecordedStream = recorder.streams().first()
    val status: Status? = watch.terminalStatus() // null as long as there is none
    assertThat(watch).wasCancelled()
    assertThat(status?.code ?: Status.Code.CANCELLED).isEqualTo(Status.Code.CANCELLED)
  }
  // end:null

  // snippet:own-use
  @Test
  fun noPriceIsLeft(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
    runBlocking { stub.watch(command("3")).collect {} }

    assertThatPrices(recorder.streams().first()).leavesNoPrice().isReleased()
  }
  // end:own-use

  @Test
  fun everyEntryIsFoundTest(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
    runBlocking { stub.watch(command("2")).toList() }
    val stream = recorder.streams().first()
    val event: StreamEvent = stream.events().first()

    assertThatStreams(recorder.streams()).hasSize(1).stream(1).isReleased()
    assertThat(stream.attempts().first()).isClosed().hasStatus(OK)
    assertThat(event).isOnLane(Lane.APPLICATION).matches(started())
    assertThat(stream).hasTimes(2, inboundMessage().where("of any kind") { it.kind() == EventKind.RECEIVED })
    assertThat(stream.fullMethodName()).isEqualTo("acme.market.Market/Watch")
    assertThat(stream.attempts()).hasSize(1)
    assertThatThrownBy { assertThat(stream).hasAtLeast(1, cancelled()) }
      .isInstanceOf(AssertionError::class.java)
      .hasMessageStartingWith("Expected stream [acme.market.Market/Watch] to have cancelled at least once")
  }

  @Test
  fun nullIsTakenAndFailsTest() {
    val none: RecordedStream? = null
    assertThatThrownBy { assertThat(none).isReleased() }
      .isInstanceOf(AssertionError::class.java)
      .hasMessage("\nExpecting actual not to be null")
  }
}

// snippet:own
internal class PriceStreamAssert(actual: RecordedStream?) :
  AbstractStreamAssert<PriceStreamAssert>(actual, PriceStreamAssert::class.java) {

  fun leavesNoPrice(): PriceStreamAssert =
    check { stream -> // waits after eventually(...), is collected softly
      val left = stream.attempts().first().received() - stream.count(EventKind.RECEIVED)
      if (left > 0) throw failure(0, left, "to leave no price unread but it left $left")
    }
}

internal fun assertThatPrices(actual: RecordedStream?) = PriceStreamAssert(actual)
// end:own
