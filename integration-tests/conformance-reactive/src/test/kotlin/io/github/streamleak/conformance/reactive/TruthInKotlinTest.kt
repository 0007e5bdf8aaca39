package io.github.streamleak.conformance.reactive

import acme.market.MarketGrpc
import acme.market.MarketGrpcKt.MarketCoroutineStub
import com.google.common.truth.ExpectFailure.expectFailure
import com.google.common.truth.Truth.assertThat
import io.github.streamleak.conformance.reactive.MarketServer.command
import io.github.streamleak.junit.GrpcStreamLeakCheck
import io.github.streamleak.junit.Serve
import io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage
import io.github.streamleak.lifecycle.ExpectedEvents.halfClosed
import io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages
import io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage
import io.github.streamleak.lifecycle.ExpectedEvents.picked
import io.github.streamleak.lifecycle.ExpectedEvents.started
import io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus
import io.github.streamleak.recorder.GrpcStreamRecorder
import io.github.streamleak.stream.Lane
import io.github.streamleak.stream.RecordedStream
import io.github.streamleak.stream.StreamEvent
import io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS
import io.github.streamleak.truth.StreamSubject.streams
import io.github.streamleak.truth.StreamTruth.assertThat
import io.grpc.Status.Code.OK
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** The assertions of Truth as a suite in Kotlin writes them: what docs/kotlin.md shows, and each entry. */
@GrpcStreamLeakCheck
internal class TruthInKotlinTest {
  @Serve val market = MarketServer()

  // snippet:truth
  @Test
  fun pricesAreReadToTheEnd(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
    val prices = runBlocking { stub.watch(command("3")).toList() }
    assertThat(prices).hasSize(3)

    with(assertThat(recorder).hasOnlyOneStream()) {
      hasMethod(MarketGrpc.getWatchMethod())
      hasLifecycle(started(), outboundMessage(), halfClosed(), inboundMessages(3), terminalStatus(OK))
      hasBefore(picked(), firstInboundMessage())
      wasReleasedBy(TERMINAL_STATUS)
    }
    assertThat(recorder).streamsOf(MarketGrpc.getWatchMethod()).each { it.isReleased() }
    assertThat(recorder).eventually(2.seconds.toJavaDuration()).hasNoOpenStreams()
  }
  // end:truth

  @Test
  fun everyEntryIsFoundTest(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
    runBlocking { stub.watch(command("2")).toList() }
    val stream = recorder.streams().first()
    val event: StreamEvent = stream.events().first()

    assertThat(recorder.streams()).stream(1).isReleased()
    assertThat(stream.attempts().first()).isClosed()
    assertThat(event).isOnLane(Lane.APPLICATION)
    assertThat(event).matches(started())
    assertThat(stream.fullMethodName()).isEqualTo("acme.market.Market/Watch")
    assertThat(stream.attempts()).hasSize(1)
  }

  @Test
  fun nullIsTakenAndFailsTest() {
    val none: RecordedStream? = null
    val failure = expectFailure { it.about(streams()).that(none).isReleased() }
    assertThat(failure).hasMessageThat().isEqualTo("expected a stream\nbut was: null")
  }
}
