using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace CredentialProxy.Admin.Storage.Migrations
{
    /// <inheritdoc />
    public partial class CoarserUsage : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Written by hand, as are the partitions and what fills them.
            migrationBuilder.KeepWritersOut();

            migrationBuilder.CreateTable(
                name: "usage_model_days",
                columns: table => new
                {
                    SeriesId = table.Column<int>(type: "integer", nullable: false),
                    StartMs = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false),
                    InputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CachedInputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "bigint", nullable: false),
                    OutputTokens = table.Column<long>(type: "bigint", nullable: false),
                    ReasoningTokens = table.Column<long>(type: "bigint", nullable: false),
                    CostMicroUsd = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_model_days", x => new { x.SeriesId, x.StartMs });
                });

            migrationBuilder.CreateTable(
                name: "usage_model_hours",
                columns: table => new
                {
                    SeriesId = table.Column<int>(type: "integer", nullable: false),
                    StartMs = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false),
                    InputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CachedInputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "bigint", nullable: false),
                    OutputTokens = table.Column<long>(type: "bigint", nullable: false),
                    ReasoningTokens = table.Column<long>(type: "bigint", nullable: false),
                    CostMicroUsd = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_model_hours", x => new { x.SeriesId, x.StartMs });
                });

            migrationBuilder.CreateTable(
                name: "usage_model_series",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    Hash = table.Column<Guid>(type: "uuid", nullable: false),
                    CredentialId = table.Column<string>(type: "text", nullable: false),
                    Provider = table.Column<string>(type: "text", nullable: false),
                    Model = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_model_series", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "usage_project_days",
                columns: table => new
                {
                    SeriesId = table.Column<int>(type: "integer", nullable: false),
                    StartMs = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false),
                    InputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CachedInputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "bigint", nullable: false),
                    OutputTokens = table.Column<long>(type: "bigint", nullable: false),
                    ReasoningTokens = table.Column<long>(type: "bigint", nullable: false),
                    CostMicroUsd = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_project_days", x => new { x.SeriesId, x.StartMs });
                });

            migrationBuilder.CreateTable(
                name: "usage_project_hours",
                columns: table => new
                {
                    SeriesId = table.Column<int>(type: "integer", nullable: false),
                    StartMs = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false),
                    InputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CachedInputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "bigint", nullable: false),
                    OutputTokens = table.Column<long>(type: "bigint", nullable: false),
                    ReasoningTokens = table.Column<long>(type: "bigint", nullable: false),
                    CostMicroUsd = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_project_hours", x => new { x.SeriesId, x.StartMs });
                });

            migrationBuilder.CreateTable(
                name: "usage_project_series",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    ProjectId = table.Column<string>(type: "text", nullable: true),
                    Hash = table.Column<Guid>(type: "uuid", nullable: false),
                    CredentialId = table.Column<string>(type: "text", nullable: false),
                    Provider = table.Column<string>(type: "text", nullable: false),
                    Model = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_project_series", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "usage_token_days",
                columns: table => new
                {
                    SeriesId = table.Column<int>(type: "integer", nullable: false),
                    StartMs = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false),
                    InputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CachedInputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "bigint", nullable: false),
                    OutputTokens = table.Column<long>(type: "bigint", nullable: false),
                    ReasoningTokens = table.Column<long>(type: "bigint", nullable: false),
                    CostMicroUsd = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_token_days", x => new { x.SeriesId, x.StartMs });
                });

            migrationBuilder.CreateTable(
                name: "usage_token_hours",
                columns: table => new
                {
                    SeriesId = table.Column<int>(type: "integer", nullable: false),
                    StartMs = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false),
                    InputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CachedInputTokens = table.Column<long>(type: "bigint", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "bigint", nullable: false),
                    OutputTokens = table.Column<long>(type: "bigint", nullable: false),
                    ReasoningTokens = table.Column<long>(type: "bigint", nullable: false),
                    CostMicroUsd = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_token_hours", x => new { x.SeriesId, x.StartMs });
                });

            migrationBuilder.CreateTable(
                name: "usage_token_series",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    TokenId = table.Column<string>(type: "text", nullable: false),
                    ProjectId = table.Column<string>(type: "text", nullable: true),
                    Hash = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_token_series", x => x.Id);
                });

            migrationBuilder.PartitionByTime("usage_token_hours", "SeriesId", "StartMs");
            migrationBuilder.PartitionByTime("usage_project_hours", "SeriesId", "StartMs");
            migrationBuilder.PartitionByTime("usage_model_hours", "SeriesId", "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_model_days_StartMs",
                table: "usage_model_days",
                column: "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_model_hours_StartMs",
                table: "usage_model_hours",
                column: "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_model_series_Hash",
                table: "usage_model_series",
                column: "Hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_usage_project_days_StartMs",
                table: "usage_project_days",
                column: "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_project_hours_StartMs",
                table: "usage_project_hours",
                column: "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_project_series_Hash",
                table: "usage_project_series",
                column: "Hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_usage_project_series_ProjectId",
                table: "usage_project_series",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_usage_token_days_StartMs",
                table: "usage_token_days",
                column: "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_token_hours_StartMs",
                table: "usage_token_hours",
                column: "StartMs");

            migrationBuilder.CreateIndex(
                name: "IX_usage_token_series_Hash",
                table: "usage_token_series",
                column: "Hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_usage_token_series_ProjectId",
                table: "usage_token_series",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_usage_token_series_TokenId",
                table: "usage_token_series",
                column: "TokenId");

            migrationBuilder.FillCoarserSums();

            // A recorder of the version before, which knows nothing of coarser sums, stops at this name: what is settled waits in the stream until it is replaced.
            migrationBuilder.RenameColumn(
                name: "Key",
                table: "usage_series",
                newName: "Hash");

            migrationBuilder.RenameIndex(
                name: "IX_usage_series_Key",
                table: "usage_series",
                newName: "IX_usage_series_Hash");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "usage_model_days");

            migrationBuilder.DropTable(
                name: "usage_model_hours");

            migrationBuilder.DropTable(
                name: "usage_model_series");

            migrationBuilder.DropTable(
                name: "usage_project_days");

            migrationBuilder.DropTable(
                name: "usage_project_hours");

            migrationBuilder.DropTable(
                name: "usage_project_series");

            migrationBuilder.DropTable(
                name: "usage_token_days");

            migrationBuilder.DropTable(
                name: "usage_token_hours");

            migrationBuilder.DropTable(
                name: "usage_token_series");

            migrationBuilder.RenameColumn(
                name: "Hash",
                table: "usage_series",
                newName: "Key");

            migrationBuilder.RenameIndex(
                name: "IX_usage_series_Hash",
                table: "usage_series",
                newName: "IX_usage_series_Key");
        }
    }
}
