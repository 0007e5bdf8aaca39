package acme.shop

import acme.shop.v1.Item
import acme.shop.v1.Price
import acme.shop.v1.PricesGrpcKt.PricesCoroutineImplBase
import acme.shop.v1.PricesGrpcKt.PricesCoroutineStub
import io.grpc.Server
import io.grpc.netty.NettyChannelBuilder
import io.grpc.netty.NettyServerBuilder
import java.net.InetAddress
import java.net.InetSocketAddress
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.map

/** Streams five prices to whoever watches. */
internal class Shop : PricesCoroutineImplBase() {
  override fun watch(request: Item): Flow<Price> =
    (1L..5L).asFlow().map { Price.newBuilder().setCents(it).build() }

  companion object {
    fun open(): Server =
      NettyServerBuilder.forAddress(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(Shop())
        .build()
        .start()
  }
}

/** Builds its channel itself. */
internal class ShopClient(shop: Server) : AutoCloseable {
  private val channel =
    NettyChannelBuilder.forAddress(shop.listenSockets.first()).usePlaintext().build()
  private val stub = PricesCoroutineStub(channel)

  fun prices(): Flow<Price> = stub.watch(Item.newBuilder().setName("tea").build())

  /** Leaves open streams be. */
  override fun close() {
    channel.shutdown()
  }
}
