package acme.shop

import acme.shop.v1.Price
import java.util.concurrent.CyclicBarrier
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.MethodOrderer
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestMethodOrder
import org.junit.jupiter.api.parallel.Execution
import org.junit.jupiter.api.parallel.ExecutionMode

/** Those named after it leave a flow that nobody collects to its end. All share the workers of Dispatchers.Default. */
@TestMethodOrder(MethodOrderer.MethodName::class)
@Execution(ExecutionMode.CONCURRENT) // Else an order means one thread.
internal class FlowSuite {
  private val client = ShopClient(SHOP)
  private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

  @AfterEach
  fun disconnect() {
    client.close()
  }

  @Test
  fun aLeaksAFlow() = runBlocking<Unit> {
    TOGETHER.await()
    val reached = CompletableDeferred<Price>()
    scope.launch {
      client.prices().collect {
        reached.complete(it)
        awaitCancellation()
      }
    }
    assertThat(reached.await().cents).isEqualTo(1)
    TOGETHER.await()
  }

  @Test
  fun bReadsAll() = runBlocking<Unit> {
    assertThat(client.prices().toList()).hasSize(5)
  }

  @Test
  fun cLeaksAFlowOnAWorkerThatIsThere() = runBlocking<Unit> {
    TOGETHER.await()
    val reached = CompletableDeferred<Price>()
    scope.launch {
      client.prices().collect {
        reached.complete(it)
        awaitCancellation()
      }
    }
    assertThat(reached.await().cents).isEqualTo(1)
    TOGETHER.await()
  }

  @Test
  fun dReadsAllOnAWorker() = runBlocking<Unit> {
    assertThat(withContext(Dispatchers.Default) { client.prices().toList() }).hasSize(5)
  }

  @Test
  fun eStopsAfterOne() = runBlocking<Unit> {
    assertThat(client.prices().first().cents).isEqualTo(1)
  }

  @Test
  fun fCancelsItsJob() = runBlocking<Unit> {
    val reached = CompletableDeferred<Price>()
    val job = scope.launch {
      client.prices().collect {
        reached.complete(it)
        awaitCancellation()
      }
    }
    reached.await()
    job.cancel()
  }

  private companion object {
    val SHOP = Shop.open()

    /** In a parallel run both leaks are opened while both tests run. */
    val TOGETHER =
      CyclicBarrier(
        if (System.getProperty("junit.jupiter.execution.parallel.enabled") == "true") 2 else 1
      )
  }
}
